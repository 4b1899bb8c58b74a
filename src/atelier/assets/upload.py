"""One upload from the form to the library: received and checked first, stored next, its row written last."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import UUID

from fastapi import Request

from atelier.assets.intake import accept, receive
from atelier.assets.keep import add, keep
from atelier.assets.pictures import off_loop
from atelier.assets.store import Store
from atelier.assets.tables import Asset, Source
from atelier.base.db import Acting, Database
from atelier.limits.flags import UPLOADS, SwitchedOff, flag


async def upload(request: Request, web_db: Database, store: Store, member_id: UUID) -> Asset:
    """Take the picture of a multipart form into the member's library; raises `Refused` with nothing written.

    Without a title it is called like its file. A picture that the studio made once keeps its settings.
    """
    async with web_db.transaction(Acting.member(member_id)) as db:
        if not await flag(db, UPLOADS, member=member_id):
            raise SwitchedOff("Bringing pictures is switched off for now. What you have stays where it is.")
    sent = await receive(request)
    brought = await off_loop(accept, sent.data, sent.content_type)
    kept = await keep(store, member_id, brought.data, brought.content_type, settings=brought.settings)
    title = sent.title or PurePosixPath(sent.name.replace("\\", "/")).stem.replace("_", " ")
    async with web_db.transaction(Acting.member(member_id)) as db:
        return await add(db, kept, title=title, source=Source.UPLOADED)
