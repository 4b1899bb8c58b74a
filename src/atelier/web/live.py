"""Server-sent events: a member's facts from where they left off, and passing messages that nobody needs to resume."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from fastapi import Request

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.signals import Signals
from atelier.web.caller import CHANGED
from atelier.web.parts import Parts

BEAT = 15.0  # seconds between comments that keep proxies from closing the line
SOON = 0.05  # seconds until another look for a fact that waits for a slower transaction


def message(kind: str, data: dict[str, Any], *, id: str | None = None) -> str:
    """One event as the wire wants it (WHATWG HTML, section 9.2)."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=str, separators=(',', ':'))}\n\n"


class _Ear:
    """What one stream hears: that there are new facts, passing messages, and that its caller may be gone."""

    def __init__(self, member_id: UUID, subject: UUID | None) -> None:
        self._member = str(member_id)
        self._subject = str(subject) if subject else None
        self._passing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(100)
        self.woken = asyncio.Event()
        self.doubtful = False  # whether the caller must be looked up again

    def listen(self, signals: Signals, passing: str | None) -> ExitStack:
        """Hear all that concerns this stream until the stack is closed."""
        deaf = ExitStack()
        deaf.callback(signals.listen(events.CHANNEL, self._fact))
        deaf.callback(signals.listen(CHANGED, self._doubt))
        if passing:
            deaf.callback(signals.listen(passing, self._pass_on))
        return deaf

    def passed(self) -> Iterator[str]:
        """The passing messages since the last look."""
        while not self._passing.empty():
            found = self._passing.get_nowait()
            yield message("progress", {key: value for key, value in found.items() if key != "member"})

    def _fact(self, payload: str) -> None:
        if payload in ("", self._member):
            self.woken.set()

    def _doubt(self, payload: str) -> None:
        if payload in ("", self._member):
            self.doubtful = True
            self.woken.set()

    def _pass_on(self, payload: str) -> None:
        found = json.loads(payload) if payload else {}
        wanted = found.get("member") == self._member and self._subject in (None, found.get("job"))
        if wanted and not self._passing.full():
            self._passing.put_nowait(found)
            self.woken.set()


async def stream(
    request: Request,
    here: Parts,
    member_id: UUID,
    *,
    subject: UUID | None = None,
    last: str | None = None,
    passing: str | None = None,
    ends: Collection[str] = (),
) -> AsyncGenerator[str, None]:
    """A member's events after `last` (Last-Event-ID, `xid-id`), or from now on; none twice and none left out.

    With `subject` only those of one thing. `passing` names a channel whose payloads, JSON with the member's id under
    `member`, are passed on without an id. The stream closes after a fact whose kind is in `ends`, and when its caller
    is signed out or banned.
    """
    ear, acting = _Ear(member_id, subject), Acting.member(member_id)
    with ear.listen(here.signals, passing):
        mark = events.Mark.parse(last) if last else None
        if mark is None:
            async with here.web_db.transaction(acting) as db:
                mark = await events.here(db)
        yield f"retry: 1000\nid: {mark}\n\n"
        while not await request.is_disconnected():
            ear.woken.clear()
            if ear.doubtful:
                ear.doubtful = False
                if not await _still(request, here, member_id):
                    return
            async with here.web_db.transaction(acting) as db:
                found = await events.after(db, mark, subject=subject)
                late = await events.late(db, mark, subject=subject)
            for mark, event in found:
                yield message(event.kind, {"subject": event.subject_id, **event.data}, id=str(mark))
                if event.kind in ends:
                    return
            for passed in ear.passed():
                yield passed
            if not found:
                try:
                    await asyncio.wait_for(ear.woken.wait(), SOON if late else BEAT)
                except TimeoutError:
                    if not late:
                        ear.doubtful = True  # sessions also end by themselves
                        yield ": still here\n\n"


async def _still(request: Request, here: Parts, member_id: UUID) -> bool:
    """Whether the request's caller is still who they were."""
    caller = await here.identify(request)
    return caller is not None and caller.member_id == member_id
