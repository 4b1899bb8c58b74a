"""Where checks stand: the open studio, its application, and what the audit brings along and takes away again."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import asyncpg
from fastapi import FastAPI
from fastapi.routing import APIRoute

from atelier.base.db import libpq_url
from atelier.base.postgres import EmbeddedPostgres
from atelier.limits import Limit, Limiter, Standing
from atelier.ops.audit import guests
from atelier.ops.audit.ask import Answer, ask
from atelier.ops.audit.guests import Guest, Maker
from atelier.spine import Studio
from atelier.web.routes import Rule, every

SCRATCH = "atelier_audit"


class _Generous(Limiter):
    """Lets everything pass, so that the audit neither meets members' limits nor uses them up."""

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        return ()


class Ground:
    """What a check works with; everything that it opens or writes is gone when the audit ends."""

    def __init__(self, studio: Studio, app: FastAPI) -> None:
        self.studio = studio
        self.app = app
        self._opened = AsyncExitStack()
        self._owner: asyncpg.Connection[asyncpg.Record] | None = None
        self._guests: tuple[Maker, Guest, Guest] | None = None
        self._scratch: EmbeddedPostgres | None = None

    async def __aenter__(self) -> Self:
        self._opened.enter_context(self.limited_by(_Generous()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    @contextmanager
    def limited_by(self, limiter: Limiter) -> Iterator[None]:
        """Count requests by another limiter for as long as the block runs."""
        parts = self.app.state.parts
        self.app.state.parts = replace(parts, limiter=limiter)
        try:
            yield
        finally:
            self.app.state.parts = parts

    def routes(self) -> list[tuple[APIRoute, Rule]]:
        """Each route with its rule; those that have none are found by `routes.rules`."""
        return [(route, rule) for route, rule in every(self.app) if isinstance(route, APIRoute) and rule is not None]

    async def ask(self, method: str, path: str, *, by: Guest | None = None, **more: Any) -> Answer:
        """A request as that guest's browser sends it, or as a visitor's."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        if by is not None:
            headers["cookie"] = by.cookie
        more.setdefault("address", guests.ADDRESS)
        return await ask(self.app, method, path, origin=self.studio.origin, headers=headers, **more)

    async def owner(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection as the database's owner, who sees everything."""
        if self._owner is None:
            connection = await asyncpg.connect(libpq_url(self.studio.owner_url), server_settings={"jit": "off"})
            self._opened.push_async_callback(connection.close)
            self._owner = connection
        return self._owner

    async def guests(self) -> tuple[Maker, Guest]:
        """Two members of the audit's own: a maker with one of everything, and a stranger. They leave with the audit."""
        return (await self._moved_in())[:2]

    async def banned(self) -> Guest:
        """A third, who is banned and still holds the session and the token of before."""
        return (await self._moved_in())[2]

    async def _moved_in(self) -> tuple[Maker, Guest, Guest]:
        if self._guests is None:
            owner = await self.owner()
            await guests.leave(owner, self.studio, stale=True)
            maker, stranger, banned = guests.maker(), guests.stranger(), guests.banned()
            since = await owner.fetchval("SELECT coalesce(max(id), 0) FROM events")
            members = [maker.id, stranger.id, banned.id]
            self._opened.push_async_callback(guests.leave, owner, self.studio, members=members, since=since)
            await guests.move_in(self.studio, maker, stranger, banned)
            await guests.own_more(owner, maker)
            await guests.ban(owner, banned)
            self._guests = maker, stranger, banned
        return self._guests

    async def scratch(self) -> EmbeddedPostgres:
        """A database server of the audit's own, in a temporary folder."""
        if self._scratch is None:
            folder = tempfile.mkdtemp(prefix="atelier-audit-")
            os.chmod(folder, 0o755)  # noqa: S103 - as root the server runs as a user of its own
            server = EmbeddedPostgres(Path(folder) / "postgres")
            self._opened.callback(shutil.rmtree, folder, ignore_errors=True)
            self._opened.callback(server.close)
            await asyncio.to_thread(server.open)
            self._scratch = server
        return self._scratch
