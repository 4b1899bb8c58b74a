"""A studio that listens on a loopback port, as an outsider finds it; no limit stands in the way of many attacks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from pydantic import SecretStr
from tests.conftest import SECRET
from tests.roles import QUICK, Person, move_in

from atelier.app import create_app
from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.limits import Limit, Limiter, Standing
from atelier.people import invitations, tokens
from atelier.people.passwords import passwords
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.web.scopes import Scope
from atelier.web.serving import serving

Result = TypeVar("Result")


class Endless(Limiter):
    """Lets everything pass."""

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        return ()


@dataclass(slots=True)
class Live:
    """An open studio at `address`, who lives there, and a way to work in its event loop."""

    address: str
    port: int
    studio: Studio
    maker: Person
    stranger: Person
    operator: Person
    token: str  # of the maker, with every scope
    loop: asyncio.AbstractEventLoop

    def do(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Wait for something that runs where the studio runs."""
        return asyncio.run_coroutine_threadsafe(work(), self.loop).result(60)


@pytest.fixture
def live(tmp_path: Path, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(passwords, "_hash", QUICK._hash)  # thousands of tries, and how long one takes is not the point
    ready: list[Live | BaseException] = []
    told = threading.Event()
    stop: list[Callable[[], None]] = []

    async def serve() -> None:
        with socket.socket(proto=socket.IPPROTO_TCP) as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(128)
            port = listening.getsockname()[1]
            settings = Settings(
                home=tmp_path,
                url=f"http://127.0.0.1:{port}",
                database_url=SecretStr(owner_url),
                secret=SecretStr(SECRET),
            )
            async with open_studio(settings) as studio:
                app = create_app(studio)
                app.state.parts = replace(app.state.parts, limiter=Endless())
                async with studio.operator_db.transaction(Acting.for_studio()) as db:
                    invitation = await invitations.make_invitation(db)
                operator = await move_in(app, studio.web_db, "Operator", invitation=invitation)
                maker = await move_in(app, studio.web_db, "Maker")
                stranger = await move_in(app, studio.web_db, "Stranger")
                async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
                    _, token = await tokens.create(db, member_id=maker.member_id, name="all", scopes=frozenset(Scope))
                server = uvicorn.Server(serving(app, grace=1))
                stop.append(lambda: setattr(server, "should_exit", True))
                here = asyncio.get_running_loop()
                ready.append(
                    Live(f"http://127.0.0.1:{port}", port, studio, maker, stranger, operator, token, here),
                )
                told.set()
                await server.serve(sockets=[listening])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            ready.append(error)
            told.set()
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert told.wait(60)
        if isinstance(ready[0], BaseException):
            raise ready[0]
        yield ready[0]
    finally:
        for each in stop:
            each()
        thread.join(30)
