"""One listening connection a process: PostgreSQL's NOTIFY wakes whoever waits here."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
from sqlalchemy import URL

from atelier.base import clock
from atelier.base.db import libpq_url
from atelier.base.log import get_log

Heard = Callable[[str], None]
HEARTBEAT_SECONDS = 15.0  # seconds between questions whether the database still answers
PATIENCE = 10.0  # seconds that an answer of the database may take


class Signals:
    """Hears the channels that somebody listens to, and connects again for as long as it runs.

    A signal is a hint and can be lost: before the database sends to a new channel, and with the connection. So as soon
    as a channel is heard, after each reconnect too, its listeners are called with an empty payload and look for
    themselves. A connection whose other end is gone without a word is silent like one on which nothing happens, so
    every `beat` seconds the database is asked for the time, by which this process goes. The connection is given up if
    no answer comes in `patience`.
    """

    def __init__(self, url: URL, *, beat: float = HEARTBEAT_SECONDS, patience: float = PATIENCE) -> None:
        self._url = libpq_url(url)
        self._beat = beat
        self._patience = patience
        self._listeners: dict[str, set[Heard]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.connected = asyncio.Event()

    def listen(self, channel: str, heard: Heard) -> Callable[[], None]:
        """Call `heard` with the payload of each signal on `channel`; the returned function ends that."""
        self._listeners[channel].add(heard)
        self._changed.set()
        return lambda: self._listeners[channel].discard(heard)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen for as long as the block runs."""
        self._task = asyncio.create_task(self._run(), name="signals")
        try:
            yield
        finally:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # a timeout is an OSError
                get_log().warning("signals:lost", reason=f"{type(error).__name__}: {error}")
            self.connected.clear()
            await asyncio.sleep(0.5)

    async def _listen_until_lost(self) -> None:
        connection = await asyncpg.connect(
            self._url,
            timeout=self._patience,
            command_timeout=self._patience,
            server_settings={"application_name": "atelier signals"},
        )
        lost = asyncio.Event()
        time = asyncio.get_running_loop().time
        due = time()  # at once: this process goes by the database's clock from the start
        connection.add_termination_listener(lambda _: lost.set())
        heard: set[str] = set()
        try:
            while not lost.is_set():
                self._changed.clear()
                new = self._listeners.keys() - heard
                for channel in new:
                    await connection.add_listener(channel, self._on_signal)
                heard |= new
                self.connected.set()
                for channel in new:  # what was said before the database began to send to it is lost
                    self._tell(channel, "")
                if time() >= due:
                    await clock.synchronize(connection.fetchval)
                    due = time() + self._beat
                waiting = [asyncio.create_task(event.wait()) for event in (lost, self._changed)]
                try:
                    await asyncio.wait(waiting, timeout=due - time(), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in waiting:
                        task.cancel()
        finally:
            connection.terminate()

    def _on_signal(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._tell(channel, str(payload))

    def _tell(self, channel: str, payload: str) -> None:
        for heard in tuple(self._listeners.get(channel, ())):
            heard(payload)
