"""Who is behind a request, remembered for at most five minutes and forgotten at once when it stops being true (B9)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from atelier.base.signals import Signals
from atelier.people.identify import Found, look_up, secret_of
from atelier.web.caller import CHANGED, Caller
from atelier.web.guard import SAFE

LASTS = 300.0  # seconds
MOST = 20_000  # callers that one process remembers


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: float


class Callers:
    """Remembers callers by the digest of what they hold.

    The database signals each change of a member, a session or a token, and the member's entries are dropped. Without a
    connection that hears those signals nothing is remembered. A write is never answered from memory, and makes the
    process forget its caller, so that what somebody changed about themselves shows in their next page.
    """

    def __init__(self, signals: Signals, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._signals = signals
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._changes = 0
        self.asked = 0  # lookups that went to the database
        signals.listen(CHANGED, self._changed)

    async def identify(self, request: Request) -> Caller | None:
        """The member behind a request's bearer token or else its cookie; None for nobody, whatever was sent instead."""
        held = secret_of(request)
        if held is None:
            return None
        if request.method not in SAFE:
            self._known.pop(held.digest, None)
        elif (known := self._known.get(held.digest)) is not None:
            if known.until > self._clock() and self._signals.connected.is_set():
                return known.caller
            del self._known[held.digest]
        before = self._changes
        self.asked += 1
        found = await look_up(request, held)
        if found is None:
            return None
        if request.method in SAFE and before == self._changes and self._signals.connected.is_set():
            self._remember(held.digest, found)
        return found.caller

    def _remember(self, digest: str, found: Found) -> None:
        lasts = LASTS if found.expires_in is None else min(LASTS, found.expires_in)
        self._known[digest] = _Known(found.caller, self._clock() + lasts)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def _changed(self, payload: str) -> None:
        """Something about a member changed; an empty payload says that changes may have been missed."""
        self._changes += 1  # what is being read just now may be from before
        if not payload:
            self._known.clear()
            return
        member = UUID(payload)
        concerned = [
            digest for digest, known in self._known.items() if member in (known.caller.member_id, known.caller.looking)
        ]
        for digest in concerned:
            del self._known[digest]
