"""How many live streams a member has open, in this web process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

MOST = 5  # of one member


class Streams:
    """The open streams of each member. One that is opened beyond `most` takes the place of the oldest.

    The newest belongs to the browser that somebody just turned to. The oldest may be one whose client went away without
    a word, and a refusal would let such streams keep a member out until the network gives them up.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: dict[UUID, list[Callable[[], None]]] = {}

    def count(self, member_id: UUID) -> int:
        """How many streams a member has open here."""
        return len(self._open.get(member_id, ()))

    @contextmanager
    def opened(self, member_id: UUID, leave: Callable[[], None]) -> Iterator[None]:
        """Count a stream for as long as the block runs; `leave` tells it to end because a newer one needs its place."""
        mine = self._open.setdefault(member_id, [])
        while len(mine) >= self._most:
            mine.pop(0)()
        mine.append(leave)
        try:
            yield
        finally:
            if leave in mine:
                mine.remove(leave)
            if not mine and self._open.get(member_id) is mine:
                del self._open[member_id]
