"""Tools whose job is the parent of other jobs, as a workflow's run is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from atelier.base.kinds import TEXT
from atelier.tools.terms import Amounts
from atelier.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Child:
    """A child as its parent's tool sees it. `state` is the job's; `name` is what the tool called it."""

    name: str
    job_id: UUID
    state: str
    result: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def open(self) -> bool:
        return self.state in ("queued", "running")


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """A child to begin, under a name that is unique among its siblings. A name that was used gives that child again."""

    name: str
    tool: str
    input: Mapping[str, Any]
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Begin these children. The parent is asked again when one of them ends."""

    children: Sequence[ChildRequest]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before another child ends."""


@dataclass(frozen=True, slots=True)
class Done:
    """The parent has ended: with a result, or with why it failed."""

    result: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


Next = Start | Wait | Done


class ParentTool(Tool):
    """A tool that makes nothing itself: it decides which jobs come next. It needs no model and costs nothing itself."""

    yields = TEXT
    units: ClassVar[tuple[str, ...]] = ()

    def most(self, input: Any) -> Amounts:
        return {}

    def expected(self, input: Any) -> int:
        return 0

    @abstractmethod
    def next(self, input: Any, children: Sequence[Child]) -> Next:
        """What happens next, from the input and all children so far in the order of their beginning.

        A pure decision: it may be asked twice. Start no more children at once than may run beside other members' jobs.
        """
