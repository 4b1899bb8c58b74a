"""Work for engines in tests: its files and results lie in a folder that goes away at the end of the run."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from atelier.base.ids import new_id
from atelier.engines import Given, Made, Output, Work
from atelier.tools import Terms

_ABOVE = tempfile.TemporaryDirectory(prefix="atelier-test-")
_NUMBERS = itertools.count()


def work(
    tool: str,
    input: Mapping[str, Any],
    *,
    weights: str = "",
    family: str = "",
    files: Mapping[str, bytes | Sequence[bytes]] | None = None,
    resume: str | None = None,
    provider_model: str = "",
    costs: Mapping[str, str] | None = None,
) -> Work:
    """A piece of work with a folder of its own; each of `files` is a file of its field, or several."""
    folder = Path(_ABOVE.name) / str(next(_NUMBERS))
    folder.mkdir()
    given: dict[str, list[Given]] = {}
    for name, data in (files or {}).items():
        given[name] = []
        for at, each in enumerate([data] if isinstance(data, bytes) else data):
            (folder / f"{name}-{at}").write_bytes(each)
            given[name].append(Given(folder / f"{name}-{at}", "image/png"))
    terms = Terms("test", rates={}, most={}, deadline=60, family=family, weights=weights)
    billed = {unit: Decimal(each) for unit, each in (costs or {}).items()}
    terms = replace(terms, provider_model=provider_model, costs=billed)
    return Work(new_id(), tool, input, terms, folder, given, resume)


def contents(made: Made) -> bytes:
    """The bytes of a finished file."""
    assert isinstance(made, Output)
    return made.path.read_bytes()
