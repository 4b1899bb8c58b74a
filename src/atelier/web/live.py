"""Server-sent events: a member's facts from where they left off, and passing messages that nobody needs to resume."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.signals import Signals
from atelier.web.caller import CHANGED
from atelier.web.parts import Parts

HEARTBEAT_SECONDS = 15.0  # seconds between comments that keep proxies from closing the line
LATER = 30_000  # milliseconds after which a client whose stream was replaced may open another
HINTS = 100  # jobs' positions that a stream keeps in mind until its next look
RETRY_DELAY_SECONDS = 0.05  # seconds until another look for a fact that waits for a slower transaction


def message(kind: str, data: dict[str, Any], *, id: str | None = None) -> str:
    """One event as the wire wants it (WHATWG HTML, section 9.2)."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=str, separators=(',', ':'))}\n\n"


@dataclass(frozen=True, slots=True)
class Passing:
    """Messages that nobody needs to resume: a channel whose signals name a job and a position, and what reads those.

    Anybody with a connection can send a signal, so it is only a hint: what is passed on comes from the rows that the
    stream's own member may see.
    """

    channel: str
    read: Callable[[AsyncSession, Collection[tuple[UUID, int]]], Awaitable[Sequence[Mapping[str, Any]]]]


class StreamSubscription:
    """What one stream waits for: new events, passing messages, and a change of its caller's account."""

    def __init__(self, member_id: UUID, subject: UUID | None) -> None:
        self._member = str(member_id)
        self._subject = str(subject) if subject else None
        self._passing: set[tuple[UUID, int]] = set()
        self.woken = asyncio.Event()
        self.must_recheck = False  # whether the caller must be looked up again
        self.replaced = False  # whether newer streams of the member's have taken this one's place

    def listen(self, signals: Signals, passing: Passing | None) -> ExitStack:
        """Listen to the signals that concern this stream until the stack is closed."""
        stop = ExitStack()
        stop.callback(signals.listen(events.CHANNEL, self._event))
        stop.callback(signals.listen(CHANGED, self._caller_changed))
        if passing:
            stop.callback(signals.listen(passing.channel, self._pass_on))
        return stop

    def leave(self) -> None:
        """End this stream because a newer one needs its place."""
        self.replaced = True
        self.woken.set()

    def passed(self) -> Collection[tuple[UUID, int]]:
        """The jobs and positions of which signals came since the last look."""
        found, self._passing = self._passing, set()
        return found

    def _event(self, payload: str) -> None:
        if payload in ("", self._member):
            self.woken.set()

    def _caller_changed(self, payload: str) -> None:
        if payload in ("", self._member):
            self.must_recheck = True
            self.woken.set()

    def _pass_on(self, payload: str) -> None:
        try:
            found = json.loads(payload)
            member, job, position = found["member"], UUID(found["job"]), int(found["position"])
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return  # an empty one after a reconnect, or one that is none of ours
        if member == self._member and self._subject in (None, str(job)) and len(self._passing) < HINTS:
            self._passing.add((job, position))
            self.woken.set()


async def stream(
    request: Request,
    here: Parts,
    member_id: UUID,
    *,
    subject: UUID | None = None,
    last: str | None = None,
    passing: Passing | None = None,
    ends: Collection[str] = (),
) -> AsyncGenerator[str, None]:
    """A member's events after `last` (Last-Event-ID, `xid-id`), or from now on; none twice and none left out.

    A member has at most five streams in a web process: a sixth ends the oldest, which is told by a message `replaced`.
    With `subject` only those of one thing. What `passing` reads is passed on without an id. The stream closes after a
    fact whose kind is in `ends`, and when its caller is signed out or banned.
    """
    subscription, acting = StreamSubscription(member_id, subject), Acting.member(member_id)
    with here.streams.opened(member_id, subscription.leave), subscription.listen(here.signals, passing):
        mark = events.Mark.parse(last) if last else None
        if mark is None:
            async with here.web_db.transaction(acting) as db:
                mark = await events.here(db)
        yield f"retry: 1000\nid: {mark}\n\n"
        while not await request.is_disconnected():
            subscription.woken.clear()
            if subscription.replaced:
                yield f"retry: {LATER}\n" + message("replaced", {})
                return
            if subscription.must_recheck:
                subscription.must_recheck = False
                if not await _still(request, here, member_id):
                    return
            async with here.web_db.transaction(acting) as db:
                found = await events.after(db, mark, subject=subject)
                late = await events.late(db, mark, subject=subject)
                hints = subscription.passed()
                passed = await passing.read(db, hints) if passing and hints else []
            for mark, event in found:
                yield message(event.kind, {"subject": event.subject_id, **event.data}, id=str(mark))
                if event.kind in ends:
                    return
            for each in passed:
                yield message("progress", dict(each))
            if not found:
                try:
                    await asyncio.wait_for(
                        subscription.woken.wait(), RETRY_DELAY_SECONDS if late else HEARTBEAT_SECONDS
                    )
                except TimeoutError:
                    if not late:
                        subscription.must_recheck = True  # sessions also end by themselves
                        yield ": still here\n\n"


async def _still(request: Request, here: Parts, member_id: UUID) -> bool:
    """Whether the request's caller is still who they were."""
    caller = await here.identify(request)
    return caller is not None and caller.member_id == member_id
