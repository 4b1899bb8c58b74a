"""A mail server of our own, that takes, refuses or hangs up as it is told, and a worker that writes to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller

from atelier.base.db import libpq_url
from atelier.notify import Smtp
from atelier.spine import Studio
from atelier.worker import work_until

SENDER = "Atelier <studio@example.org>"


@dataclass
class PostOffice:
    """A real SMTP server in a thread; `answers` are said instead of taking a mail, the first one first."""

    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    tried: int = 0
    controller: Any = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.tried += 1
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"

    def open(self, port: int = 0) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=port or free_port())
        self.controller.start()

    def close(self) -> None:
        self.controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    office.open()
    yield office
    with contextlib.suppress(AssertionError):
        office.close()


@pytest.fixture
def mailing(studio: Studio, post_office: PostOffice) -> Studio:
    """The studio with that server set."""
    return replace(studio, carrier=Smtp(post_office.url, SENDER))


@asynccontextmanager
async def working(studio: Studio) -> AsyncIterator[None]:
    """A worker for as long as the block runs."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(studio, stop, grace=1))
    try:
        yield
    finally:
        stop.set()
        await task


def mails(studio: Studio) -> list[dict[str, Any]]:
    """The rows of the outbox, as the owner sees them."""
    with psycopg.connect(libpq_url(studio.owner_url), row_factory=psycopg.rows.dict_row) as db:
        return db.execute("SELECT * FROM mails ORDER BY id").fetchall()


async def until_mails(studio: Studio, *states: str, seconds: float = 60) -> list[dict[str, Any]]:
    """The outbox as soon as its mails are in these states."""
    async with asyncio.timeout(seconds):
        while True:
            found = await asyncio.to_thread(mails, studio)
            if sorted(row["state"] for row in found) == sorted(states):
                return found
            await asyncio.sleep(0.03)
