"""What a check is: a function that tries something on the open studio and says what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from atelier.ops.audit.ground import Ground


class Severity(StrEnum):
    """What a failed check means: a blocker keeps a studio from opening in production, a warning is worth a look."""

    BLOCKER = "blocker"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check found: whether that is well, and one sentence with the counts behind it."""

    passed: bool
    sentence: str


Try = Callable[[Ground], Awaitable[Evidence]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `quick`: under half a second, leaves nothing behind, so that it can run before each start."""

    id: str
    mission: tuple[str, ...]
    title: str
    severity: Severity
    remedy: str
    quick: bool
    run: Try

    @property
    def at_start(self) -> bool:
        """Whether it runs before a studio opens in production."""
        return self.quick and self.severity is Severity.BLOCKER


@dataclass(frozen=True, slots=True)
class Result:
    """How a check went."""

    id: str
    mission: tuple[str, ...]
    title: str
    severity: Severity
    passed: bool
    evidence: str
    remedy: str

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity is Severity.BLOCKER


def check(
    id: str, *mission: str, title: str, remedy: str, severity: Severity = Severity.BLOCKER, quick: bool = False
) -> Callable[[Try], Check]:
    """Make a check of a function; `mission` are the ids that it proves."""
    return lambda run: Check(id, mission, title, severity, remedy, quick, run)


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 engine, 2 engines."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def evidence(faults: Sequence[str], well: str, trouble: str = "") -> Evidence:
    """Passed with the sentence `well` if there are no faults; else the first few of them after `trouble`."""
    if not faults:
        return Evidence(True, well)
    more = f" … and {len(faults) - 6} more" if len(faults) > 6 else ""
    return Evidence(False, f"{trouble + ' ' if trouble else ''}{'; '.join(faults[:6])}{more}.")
