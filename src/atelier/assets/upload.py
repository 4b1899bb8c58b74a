"""One upload from the form to the library: received and checked first, stored next, its row written last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import PurePosixPath
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import Request

from atelier.assets.intake import Refused, accept, receive
from atelier.assets.keep import add, keep_laid, title_of
from atelier.assets.shelf import Assets
from atelier.assets.store import Store
from atelier.assets.tables import Asset, Source
from atelier.base.db import Acting, Database
from atelier.limits.flags import UPLOADS, SwitchedOff, flag
from atelier.web import once

AT_ONCE = 4  # uploads of one member; further ones wait unread
_lines: WeakValueDictionary[tuple[Store, UUID], asyncio.Semaphore] = WeakValueDictionary()


async def upload(request: Request, web_db: Database, shelf: Assets, member_id: UUID) -> Asset:
    """Take the file of a multipart form into the member's library; raises `Refused` with nothing written.

    The same form sent twice brings it once. Without a title it is called like its file; `BadTitle` refuses one that the
    library does not keep. A picture that the studio made once keeps its settings.
    """
    store = shelf.store
    async with web_db.transaction(Acting.member(member_id)) as db:
        if not await flag(db, UPLOADS, member=member_id):
            raise SwitchedOff("Bringing files is switched off for now. What you have stays where it is.")
    async with _in_line(store, member_id):
        sent = await receive(request, store, shelf.limits)
        with sent.file:
            written = title_of(sent.title) if sent.title else ""
            id = once.id_for(member_id, sent.key or request.headers.get("idempotency-key"))
            async with web_db.transaction(Acting.member(member_id)) as db:
                if (known := await db.get(Asset, id)) is not None:
                    return known
            try:
                identity = await shelf.credentials.identity(web_db)
                brought = await accept(store, member_id, sent.file, shelf.limits, name=sent.name, identity=identity)
            except Refused as refused:
                refused.details["name"] = sent.name[:200]
                raise
        with closing(brought.laid) as laid:
            kept = await keep_laid(
                store,
                member_id,
                laid,
                settings=brought.settings,
                notes=brought.notes,
                asset_id=id,
            )
    title = written or PurePosixPath(sent.name.replace("\\", "/")).stem.replace("_", " ")
    async with web_db.transaction(Acting.member(member_id)) as db:
        await once.one_at_a_time(db, id)
        return await db.get(Asset, id) or await add(db, kept, title=title, source=Source.UPLOADED)


@asynccontextmanager
async def _in_line(store: Store, member_id: UUID) -> AsyncIterator[None]:
    """Wait until fewer than `AT_ONCE` uploads of this member are under way here."""
    line = _lines.setdefault((store, member_id), asyncio.Semaphore(AT_ONCE))
    async with line:
        yield
