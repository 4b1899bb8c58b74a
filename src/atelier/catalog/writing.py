"""What the console writes into the operator's catalog file: new entries at its end. What stands there stays."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from atelier.base.errors import AtelierError, Conflict
from atelier.base.whole import write_whole
from atelier.catalog.catalog import read
from atelier.catalog.model import BadCatalog
from atelier.tools.terms import written

_HEAD = re.compile(r"\s*\[\[\s*(model|engine)\s*\]\]")
KEYS = "keys"  # the folder beside the catalog file where keys lie that the console was given


class CatalogNotWritable(AtelierError):
    """The catalog file cannot be written by this process."""

    code = "catalog_not_writable"
    status = 409


class DoesNotFit(Conflict):
    """The catalog would not be valid with the new entry."""

    code = "catalog_entry_refused"


def append(path: Path, table: str, values: Mapping[str, Any], engines: tuple[str, ...]) -> None:
    """Write `[[table]]` with `values` at the end of the file, whole or not at all; blocks for as long as that takes.

    The new text is read as the studio will read it first. Raises `DoesNotFit` where it would be refused, and
    `CatalogNotWritable`.
    """
    with _locked(path.absolute().parent):
        _append(path, entry(table, values), engines)


def _append(path: Path, text: str, engines: tuple[str, ...]) -> None:
    _write(path, f"{path.read_text('utf-8').rstrip()}\n\n{text}", engines)


def _write(path: Path, text: str, engines: tuple[str, ...]) -> None:
    """Replace the file by a text that the studio can read; raises `DoesNotFit` for any other."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / path.name
        trial.write_text(text, "utf-8")
        try:
            read(trial, engines)
        except BadCatalog as error:
            raise DoesNotFit(error.message) from error
    try:
        write_whole(path, text.encode(), overwrite=True)
    except OSError as error:
        raise CatalogNotWritable(f"{path} cannot be written: {error.strerror or error}.") from error


def remove(path: Path, engine: str, engines: tuple[str, ...]) -> None:
    """Take an engine and its models out of the file, with the comments right above them, and delete its kept keys.

    Everything else stays as it is written. Raises `DoesNotFit` where the file would not be valid without them, or is
    written so that they cannot be cut out, and `CatalogNotWritable`.
    """
    with _locked(path.absolute().parent):
        text = path.read_text("utf-8")
        left = _without(text, engine)
        before, after = tomllib.loads(text), tomllib.loads(left)
        expected = {
            "engine": [each for each in before.get("engine", []) if each.get("id") != engine],
            "model": [each for each in before.get("model", []) if each.get("engine") != engine],
        }
        if any(after.get(table, []) != wanted for table, wanted in expected.items()):
            raise DoesNotFit(f"{engine} cannot be cut out of {path.name} safely: edit the file by hand.")
        _write(path, left, engines)
        for each in before.get("engine", []):
            if each.get("id") == engine:
                for secret in ("key", "webhook_secret"):
                    forget_key(path, each.get(secret, ""))


def _without(text: str, engine: str) -> str:
    """The text without the entries of an engine and its models."""
    lines = text.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    gone: set[int] = set()
    for head, after in zip(heads, [*heads[1:], len(lines)], strict=True):
        end = after
        while lines[end - 1].strip() == "" or lines[end - 1].lstrip().startswith("#"):
            end -= 1  # what stands between two entries is about the next, or about the file
        try:
            ((table, (found,)),) = tomllib.loads("".join(lines[head:end])).items()
        except tomllib.TOMLDecodeError:  # a head inside a text of several lines
            raise DoesNotFit(f"{engine} cannot be cut out safely: edit the file by hand.") from None
        if found.get("id" if table == "engine" else "engine") == engine:
            gone |= set(range(_above(lines, head), end))
            if end < len(lines) and not lines[end].strip():
                gone.add(end)
    return "".join(line for number, line in enumerate(lines) if number not in gone).rstrip() + "\n"


def _above(lines: list[str], head: int) -> int:
    """Where the comments begin that stand right above a line."""
    while head and lines[head - 1].lstrip().startswith("#"):
        head -= 1
    return head


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time writes into the folder's catalog."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def entry(table: str, values: Mapping[str, Any]) -> str:
    """An entry in TOML (toml.io/en/v1.0.0); `None` and empty texts are left out."""
    lines = [f"{name} = {_value(value)}" for name, value in values.items() if value not in (None, "")]
    return "\n".join([f"[[{table}]]", *lines, ""])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{name} = {_value(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Decimal):
        return f'"{written(value)}"'
    return json.dumps(value, ensure_ascii=True)  # a string of JSON is one of TOML


def keep_key(path: Path, engine: str, key: str, what: str = "key") -> str:
    """Keep a provider's key, or `what` it is, in a file that only the studio's user reads; how an entry names it.

    The file is a new one each time, so that two who add a provider at once cannot take each other's.
    """
    folder = path.absolute().parent / KEYS
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / f"{engine}-{secrets.token_hex(4)}.{what}"
        write_whole(file, key.encode(), mode=0o600, overwrite=False)
    except OSError as error:
        raise CatalogNotWritable(f"{folder} cannot be written: {error.strerror or error}.") from error
    return f"file:{file}"


def forget_key(path: Path, named: str) -> None:
    """Delete the file that an entry names its key by, if the console keeps it; an operator's own files stay."""
    file = Path(named.removeprefix("file:"))
    if named.startswith("file:") and file.parent == path.absolute().parent / KEYS:
        file.unlink(missing_ok=True)
