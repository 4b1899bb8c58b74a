"""Server-sent events: a member's facts from where they left off, and passing messages that nobody needs to resume."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

from fastapi import Request

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.base.signals import Signals

BEAT = 15.0  # seconds between comments that keep proxies from closing the line


def message(kind: str, data: dict[str, Any], *, id: str | None = None) -> str:
    """One event as the wire wants it (WHATWG HTML, section 9.2)."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=str, separators=(',', ':'))}\n\n"


async def stream(
    request: Request,
    db: Database,
    signals: Signals,
    member_id: UUID,
    *,
    subject: UUID | None = None,
    last: str | None = None,
    passing: str | None = None,
    ends: Collection[str] = (),
) -> AsyncIterator[str]:
    """A member's events after `last` (Last-Event-ID, `xid-id`), or from now on; none twice and none left out.

    With `subject` only those of one thing. `passing` names a channel whose payloads, JSON with the member's id under
    `member`, are passed on without an id. The stream closes after a fact whose kind is in `ends`.
    """
    woken = asyncio.Event()
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue(100)
    mine = str(member_id)

    def pass_on(payload: str) -> None:
        found = json.loads(payload) if payload else {}
        if (
            found.get("member") == mine
            and (subject is None or found.get("job") == str(subject))
            and not messages.full()
        ):
            messages.put_nowait(found)
            woken.set()

    deaf = [signals.listen(events.CHANNEL, lambda payload: woken.set() if payload in ("", mine) else None)]
    if passing:
        deaf.append(signals.listen(passing, pass_on))
    try:
        mark = events.Mark.parse(last) if last else None
        if mark is None:
            async with db.transaction(Acting.member(member_id)) as now:
                mark = await events.here(now)
        yield f"retry: 1000\nid: {mark}\n\n"
        while not await request.is_disconnected():
            woken.clear()
            async with db.transaction(Acting.member(member_id)) as now:
                found = await events.after(now, mark)
                late = await events.late(now, mark)
            for mark, event in found:
                if subject is None or event.subject_id == subject:
                    data = {"subject": event.subject_id, **event.data}
                    yield message(event.kind, data, id=str(mark))
                    if event.kind in ends:
                        return
            while not messages.empty():
                passed = messages.get_nowait()
                yield message("progress", {key: value for key, value in passed.items() if key != "member"})
            if not found:
                try:
                    # a fact behind a slower transaction comes without a second signal, so look again soon
                    await asyncio.wait_for(woken.wait(), 0.05 if late else BEAT)
                except TimeoutError:
                    if not late:
                        yield ": still here\n\n"
    finally:
        for end in deaf:
            end()
