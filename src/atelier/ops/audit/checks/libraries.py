"""The libraries that run in the studio's process: none whose licence would reach the studio's own code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions

from atelier.base.migrate import MIGRATIONS
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground

_LGPL = "LGPL-3.0: used unchanged as a library of its own, which the LGPL allows beside closed code"
EXCEPTIONS = {"psycopg": _LGPL, "psycopg-binary": _LGPL, "psycopg-pool": _LGPL}
_COPYLEFT = re.compile(r"\b(A|L)?GPL|GNU (Affero|Lesser|General)|\bEUPL|\bSSPL|non-?commercial", re.IGNORECASE)


@check(
    "libraries.licences",
    "F7",
    title="No library in the process is under the GPL or a non-commercial licence",
    remedy="Replace the library, or name it with its reason in the check's exceptions.",
    quick=True,
)
async def licences(ground: Ground) -> Evidence:
    found = list(used(distributions()))
    faults = copyleft(found) or ([] if found else ["none of the libraries that the studio needs was found"])
    excepted = sorted(name for name, _ in found if name in EXCEPTIONS)
    return evidence(faults, f"{len(found)} libraries; excepted with a reason: {', '.join(excepted) or 'none'}.")


def used(installed: Iterable[Distribution]) -> Iterable[tuple[str, str]]:
    """The name and licence of each library that the studio needs at run time, and of what those need."""
    by_name = {_plain(each.metadata["Name"]): each for each in installed if each.metadata["Name"]}
    waiting, seen = [each for wanted in _wanted() for each in _asked(wanted)], set[tuple[str, str]]()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name not in by_name:
            continue
        if name not in {known for known, _ in seen}:
            yield name, licence_of(by_name[name])
        seen.add((name, extra))
        for wanted in by_name[name].requires or []:
            found = re.search(r"extra\s*==\s*['\"]([^'\"]+)", wanted)
            if (found[1] if found else "") == extra:
                waiting += _asked(wanted)


def copyleft(found: Iterable[tuple[str, str]]) -> list[str]:
    """Those whose licence forbids what the studio's licence allows, without the exceptions."""
    faults = [f"{name} is under {licence[:60]}" for name, licence in found if _COPYLEFT.search(licence)]
    return [fault for fault in faults if fault.partition(" ")[0] not in EXCEPTIONS]


def licence_of(each: Distribution) -> str:
    """What a library says of its licence: the expression, else its classifiers, else the first line of the field."""
    said = each.metadata.json  # names in small letters, several values as a list
    classifiers = [line for line in said.get("classifier", []) if line.startswith("License ::")]
    return str(said.get("license_expression") or "; ".join(classifiers) or said.get("license", "")).partition("\n")[0]


def _wanted() -> list[str]:
    """What the project itself asks for, as its own file says: it runs from its folder and is not installed."""
    project = tomllib.loads((MIGRATIONS.parent / "pyproject.toml").read_text())["project"]
    dependencies: list[str] = project["dependencies"]
    return dependencies


def _asked(wanted: str) -> list[tuple[str, str]]:
    """A requirement as the library itself and each of its extras that is asked for."""
    brackets = re.match(r"[^\[;]*\[([^\]]*)\]", wanted)
    extras = ["", *(part.strip() for part in brackets[1].split(","))] if brackets else [""]
    return [(_plain(wanted), each) for each in extras]


def _plain(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
