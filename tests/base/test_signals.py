"""Signals: a connection whose other end has gone silent is noticed and made anew, and every listener looks again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import URL, text
from tests.conftest import SECRET

from atelier.base.db import Acting, Database, role_url
from atelier.base.signals import Signals


class Line:
    """The way to the database: what goes over it can be lost without either end being told."""

    def __init__(self, url: URL) -> None:
        self._socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
        self._lines: list[asyncio.Event] = []
        self._writers: list[asyncio.StreamWriter] = []
        self.dead = False  # whether new connections fall silent at once
        self.calls = 0

    @asynccontextmanager
    async def open(self, url: URL) -> AsyncIterator[URL]:
        """The URL of the same database over this line."""
        server = await asyncio.start_server(self._connect, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        try:
            yield url.set(host="127.0.0.1", port=port, query={})
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    def fall_silent(self) -> None:
        """Lose all that is sent over the connections that there are, both ways."""
        for silent in self._lines:
            silent.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        theirs, ours = await asyncio.open_unix_connection(self._socket)
        silent = asyncio.Event()
        if self.dead:
            silent.set()
        self._lines.append(silent)
        self._writers += [writer, ours]
        with suppress(OSError):
            await asyncio.gather(_carry(reader, ours, silent), _carry(theirs, writer, silent))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
    while data := await reader.read(65536):
        if not silent.is_set():
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def url(owner_url: str) -> URL:
    return role_url(owner_url, "web", SECRET)


async def until(heard: list[str], count: int) -> None:
    async with asyncio.timeout(60):
        while len(heard) < count:
            await asyncio.sleep(0.01)


async def tell(web_db: Database, payload: str) -> None:
    async with web_db.transaction(Acting.nobody()) as db:
        await db.execute(text("SELECT pg_notify('atelier_test', :payload)"), {"payload": payload})


@asynccontextmanager
async def listening(
    url: URL, channel: str = "atelier_test", **more: float
) -> AsyncIterator[tuple[Line, Signals, list[str]]]:
    """Signals over a line that can fall silent, and what was heard on one channel; they are connected."""
    line, heard = Line(url), list[str]()
    async with line.open(url) as over:
        signals = Signals(over, **{"beat": 0.1, "patience": 0.5, **more})
        signals.listen(channel, heard.append)
        async with signals.running():
            await until(heard, 1)
            yield line, signals, heard


async def test_a_peer_that_falls_silent_is_noticed(url: URL, web_db: Database) -> None:
    async with listening(url) as (line, _, heard):
        line.fall_silent()
        await tell(web_db, "lost")
        await until(heard, 2)  # connected again, and told to look
        await tell(web_db, "found")
        await until(heard, 3)
    assert heard == ["", "", "found"]


async def test_a_database_that_answers_nobody_is_asked_until_it_does(url: URL, web_db: Database) -> None:
    async with listening(url) as (line, signals, heard):
        line.dead = True
        line.fall_silent()
        async with asyncio.timeout(60):
            while line.calls < 3:
                await asyncio.sleep(0.01)
        assert not signals.connected.is_set()
        line.dead = False
        await until(heard, 2)
        await tell(web_db, "found")
        await until(heard, 3)
    assert heard == ["", "", "found"]


async def test_a_new_listener_does_not_wait_for_a_silent_peer(url: URL, web_db: Database) -> None:
    """What listens to something new speaks to the database as well, and must not wait there for ever."""
    more = list[str]()
    async with listening(url, "atelier_other", beat=60) as (line, signals, heard):
        line.fall_silent()
        signals.listen("atelier_test", more.append)
        await until(more, 1)
        await tell(web_db, "found")
        await until(more, 2)
    assert (heard, more) == (["", ""], ["", "found"])


async def test_a_new_listener_is_told_to_look_once_the_database_sends_to_it(url: URL, web_db: Database) -> None:
    """What was said between its own look and the moment from which the database sends to it would be lost."""
    more, second = list[str](), list[str]()
    async with listening(url, "atelier_other", beat=60) as (_, signals, heard):
        signals.listen("atelier_test", more.append)
        async with asyncio.timeout(60):
            while "" not in more:
                await asyncio.sleep(0.01)
        signals.listen("atelier_test", second.append)  # the database sends to this channel already
        await tell(web_db, "found")
        await until(second, 1)
    assert (heard, more, second) == ([""], ["", "found"], ["found"])


async def test_who_answers_stays_connected(url: URL, web_db: Database) -> None:
    asked_at = text("SELECT max(query_start) FROM pg_stat_activity WHERE application_name = 'atelier signals'")
    seen: set[object] = set()
    async with listening(url, beat=0.02, patience=5) as (line, _, heard):
        async with asyncio.timeout(60):
            while len(seen) < 10:
                async with web_db.transaction(Acting.nobody()) as db:
                    seen.add((await db.execute(asked_at)).scalar_one())
        await tell(web_db, "here")
        await until(heard, 2)
    assert (heard, line.calls) == (["", "here"], 1)
