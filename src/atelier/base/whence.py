"""From where a request comes and who is really at the keys: every transaction of the request says so to the database,
which writes it beside each fact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Whence:
    """`actor_id`: the operator who looks at a member's pages, else None. `reads`: the database refuses every write."""

    address: str = ""
    actor_id: UUID | None = None
    reads: bool = False


_NOWHERE = Whence()
_current: ContextVar[Whence] = ContextVar("whence", default=_NOWHERE)


def current() -> Whence:
    """Whence the work at hand comes; background work comes from nowhere."""
    return _current.get()


def comes(whence: Whence) -> None:
    """Say whence the rest of this request comes."""
    _current.set(whence)


@contextmanager
def apart() -> Iterator[None]:
    """What is said inside the block is forgotten at its end."""
    token = _current.set(_NOWHERE)
    try:
        yield
    finally:
        _current.reset(token)
