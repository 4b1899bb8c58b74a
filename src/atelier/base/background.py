"""What rooms have workers do in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from atelier.base.events import Event


class Again(Exception):
    """Put the entry back into the queue, to be taken again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a task works off, in SQL: those of `table` for which `waiting` is true.

    A row's entry in the queue is named `entry` and the row's id, and has the id as its `argument`. A row that waits and
    has no entry, as after a restore, gets one by `enter`: an expression of `id`, `enter_background(…)` by default.
    """

    table: str
    waiting: str
    entry: str
    argument: str
    enter: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does with the entries of one name; `run` gets an entry's arguments by name."""

    name: str
    run: Callable[..., Awaitable[None]]
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What workers do now and then.

    Every worker does it, and it must not mind that another does the same at the same time. If it is `alone`, one of all
    the workers does it, once within `every`; a worker that dies during it leaves it to the next time.
    """

    name: str
    every: float  # seconds
    run: Callable[[], Awaitable[object]]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads the events of some kinds, in their order, each at least once, and only what happens from its start on.

    `run` gets some events at a time and a handle in the transaction that moves the reader's place: what it writes there
    is written exactly once. It makes no remote call, since a transaction is open: it writes a row that a `Task` works
    off. The name stands for the place, so a new name begins anew.
    """

    name: str
    kinds: frozenset[str]
    run: Callable[[AsyncSession, Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message:
    """What another server sent: `event_id` is the sender's own name for it, and comes once."""

    id: UUID
    source: str
    event_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Another server whose messages a room works off.

    `run` gets a message and a handle in the transaction that ends it: what it writes there is written exactly once. It
    makes no remote call, since a transaction is open: it writes a row that a `Task` works off.
    """

    name: str
    run: Callable[[AsyncSession, Message], Awaitable[None]]
