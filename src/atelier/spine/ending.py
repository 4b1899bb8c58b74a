"""How an attempt at a job ended, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atelier.assets import Kept
from atelier.jobs import State
from atelier.tools import Amounts


@dataclass(frozen=True, slots=True)
class Ending:
    """A job's last state, its finished files by position, and what it used.

    `used` is charged, in the tool's units; `cost` is what it cost the operator. `result` holds what is no file:
    {"text": …, "data": …}.
    """

    state: State
    kept: Mapping[int, Kept] = field(default_factory=dict)
    used: Amounts = field(default_factory=dict)
    cost: Amounts = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    code: str | None = None
    message: str | None = None


def failed(code: str, message: str) -> Ending:
    """An ending without anything made or charged."""
    return Ending(State.FAILED, code=code, message=message)
