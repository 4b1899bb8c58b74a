"""`bin/bench NAME…`: runs each `bench/NAME.py`, keeps its result as JSON, and writes its table into docs/benchmarks.md.

A bench has `run`, which returns what it measured as a mapping, may be async, and gets a migrated database of its own
if it takes `owner_url` and `secret`. With `table(result)` it says how its Markdown looks; without, every list becomes
a table. A bench that takes `options` gets the words that begin with `--`; with `--json` it alone prints. What is quick,
or whose result says what else it is `of`, is printed and not kept.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.machine import describe
from bench.place import fresh_database
from bench.tables import tables

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `bin/bench NAME…`, which measures again on your machine. Each table says where and when it was measured.
"""


def main(words: list[str]) -> int:
    names, options = [w for w in words if not w.startswith("--")], [w for w in words if w.startswith("--")]
    known = sorted(
        path.stem for path in HERE.glob("[!_]*.py") if re.search(r"^(async )?def run\(", path.read_text(), re.M)
    )
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        trouble = f"there is no {', '.join(unknown)}" if unknown else "name what to measure"
        print(f"bin/bench: {trouble}: {' '.join(known)}")
        return 2
    for name in names:
        if "--json" not in options:
            print(f"Measuring {name} …", flush=True)
        module = import_module(f"bench.{name}")
        result = {"bench": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": describe()}
        result |= run(module, options)
        if "--json" in options:
            continue  # printed by the bench itself
        if "--quick" in options or "of" in result:  # not the whole, or of something else than what is here
            print(section(name, module, result), flush=True)
            continue
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, default=str) + "\n")
        write_section(name, section(name, module, result))
        print(json.dumps(result, indent=2, default=str), flush=True)
    return 0


def run(module: ModuleType, options: list[str]) -> dict[str, Any]:
    """What the bench measured."""
    wanted = inspect.signature(module.run).parameters
    if "owner_url" in wanted:
        with fresh_database() as (owner_url, secret):
            return _awaited(module.run(owner_url, secret))
    return _awaited(module.run(options) if "options" in wanted else module.run())


def _awaited(result: Any) -> dict[str, Any]:
    async def wait() -> Any:
        return await result

    found: Mapping[str, Any] = asyncio.run(wait()) if inspect.isawaitable(result) else result
    return dict(found)


def section(name: str, module: ModuleType, result: dict[str, Any]) -> str:
    """The bench's part of the page: what it is, where and when, and its tables."""
    about = (module.__doc__ or name).strip().split("\n\n")[0].replace("\n", " ")
    body = module.table(result) if hasattr(module, "table") else tables(result)
    return f"## {name}\n\n{about}\n\n{body.strip()}\n\n{result['machine']}, {result['at'][:10]}."


def write_section(name: str, text: str) -> None:
    """Put a bench's part between its marks on the page, at the end if it is new."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = PAGE.read_text() if PAGE.exists() else HEAD
    marked = f"{begin}\n{text}\n{end}"
    if begin in page and end in page:
        before, _, rest = page.partition(begin)
        page = before + marked + rest.partition(end)[2]
    else:
        page = f"{page.rstrip()}\n\n{marked}\n"
    PAGE.write_text(page)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
