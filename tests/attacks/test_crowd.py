"""More at once than there is room for: a clear refusal, and everything goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import FastAPI
from tests.conftest import SECRET
from tests.roles import Person

from atelier.base.db import Acting, connect
from atelier.studio import Studio


async def test_who_finds_every_connection_taken_is_told_so(app: FastAPI, studio: Studio, maker: Person) -> None:
    small = connect(studio.owner_url, "web", SECRET, pool=1)
    small.engine.pool._timeout = 0.1  # type: ignore[attr-defined]  # seconds, instead of ten
    app.state.parts = replace(app.state.parts, web_db=small)
    try:
        async with small.transaction(Acting.nobody()):
            answer = await maker.client.get("/library", headers={"accept": "text/html"})
            assert (answer.status_code, "Try again in a moment" in answer.text) == (503, True)
        await asyncio.sleep(0)
        assert (await maker.client.get("/library")).status_code == 200
    finally:
        await small.close()
