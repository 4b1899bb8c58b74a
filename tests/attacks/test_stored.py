"""Every text that a member can leave anywhere is HTML; every page shows it as text, to them and to an operator."""

from __future__ import annotations

import asyncpg
from fastapi import FastAPI
from fastapi.routing import APIRoute
from tests.roles import Person

from atelier import assets
from atelier.base.db import Acting, libpq_url
from atelier.ops.audit import rows
from atelier.ops.audit.guests import QUEUED
from atelier.people import tokens
from atelier.rooms import routers
from atelier.spine import Studio
from atelier.web.scopes import Scope

EVIL = '<img src=x id="evil">{{7*7}}%(x)s'


async def test_nothing_that_is_kept_is_ever_html(app: FastAPI, studio: Studio, maker: Person, operator: Person) -> None:
    wish = {"tool": "image.generate", "input": {"prompt": EVIL, "count": 1}}
    assert (await maker.client.post("/api/v1/jobs", json=wish)).status_code == 201
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        await tokens.create(db, member_id=maker.member_id, name=EVIL, scopes=frozenset(Scope))
    kept = await assets.keep(studio.assets.store, maker.member_id, b"words", "text/plain")
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        await assets.add(db, kept, title=EVIL, source=assets.Source.UPLOADED)
    owner = await asyncpg.connect(libpq_url(studio.owner_url))
    try:
        await owner.execute("UPDATE members SET name = $1 WHERE id = $2", EVIL, maker.member_id)
        await owner.execute("UPDATE sessions SET agent = $1, address = $1 WHERE member_id = $2", EVIL, maker.member_id)
        made, faults = await rows.one_of_each(owner, maker.member_id, EVIL, QUEUED)
        assert faults == []
        await owner.execute("UPDATE assets SET deleted_at = NULL, title = $1", EVIL)
        await owner.execute("UPDATE jobs SET title = $1, error_message = $1, error_code = 'x'", EVIL)
        await owner.execute(
            "UPDATE mails SET subject = $1, body = $1, html = $1, recipient = 'a@b.c', error = $1", EVIL
        )
        await owner.execute("INSERT INTO events (kind, data) VALUES ('session:refused', $1)", f'{{"a": "{EVIL[:10]}"}}')
    finally:
        await owner.close()
    ids = {table: str(row.id) for table, row in made.items() if row.id} | {"members": str(maker.member_id)}
    known = {f"{table.removesuffix('s')}_id": id for table, id in ids.items()}
    seen, shown = 0, 0
    for routes in routers():
        for route in routes.routes:
            if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()) or route.path in ("/live",):
                continue
            if route.path.endswith("/events"):
                continue  # a stream
            path = route.path_format.format(
                **{name: known.get(name, "image.generate") for name in route.param_convertors}
            )
            for person in (maker, operator):
                answer = await person.client.get(path, headers={"accept": "text/html"})
                assert answer.status_code < 500, (path, answer.text[:300])
                if "html" in answer.headers.get("content-type", ""):
                    seen += 1
                    shown += "&lt;img src=x" in answer.text
                    assert "<img src=x" not in answer.text, path
                    assert "49%" not in answer.text.replace("249%", ""), path
    assert seen > 30
    assert shown > 8
