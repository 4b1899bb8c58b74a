"""Where a request comes from and who really makes it: each of its transactions tells the database, which writes it
beside each event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """`actor_id`: the operator who looks at a member's pages, else None. `reads`: the database refuses every write."""

    address: str = ""
    actor_id: UUID | None = None
    reads: bool = False


_NONE = RequestOrigin()
_current: ContextVar[RequestOrigin] = ContextVar("request_origin", default=_NONE)


def current() -> RequestOrigin:
    """The origin of the work at hand; background work has none."""
    return _current.get()


def assign(origin: RequestOrigin) -> None:
    """Set the origin of the rest of this request."""
    _current.set(origin)


@contextmanager
def isolated() -> Iterator[None]:
    """An origin that is assigned inside the block is forgotten at its end."""
    token = _current.set(_NONE)
    try:
        yield
    finally:
        _current.reset(token)
