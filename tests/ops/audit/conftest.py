"""A good studio with its application, and the hands to sabotage it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import make_url
from tests.conftest import SECRET

from atelier import ledger
from atelier.app import create_app
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.base.postgres import EmbeddedPostgres
from atelier.bootstrap import open_studio
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin


@dataclass(slots=True)
class Scene:
    """A studio and its application, as a sabotage finds and leaves them."""

    studio: Studio
    app: FastAPI
    superuser: str
    home: Path

    def sql(self, *statements: str) -> None:
        """As the server's superuser, with triggers that the statements may switch off."""
        with psycopg.connect(self.superuser) as db:
            for statement in statements:
                db.execute(statement.encode())

    def change(self, **parts: Any) -> None:
        """Another studio in the same application, with other parts."""
        self.studio = replace(self.studio, **parts)
        self.app = create_app(self.studio)

    def parts(self, **parts: Any) -> None:
        """The same application with other parts at its edge."""
        self.app.state.parts = replace(self.app.state.parts, **parts)

    def worker(self, silent_for: str = "0 seconds") -> None:
        """A worker that gave its last sign of life that long ago."""
        self.sql(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{silent_for}')")

    async def member(self, credits: int = 100) -> UUID:
        member = new_id()
        self.sql(f"INSERT INTO members (id, email, name) VALUES ('{member}', '{member}@example.org', 'A')")
        async with self.studio.operator_db.transaction(Acting.for_studio()) as db:
            await ledger.open_wallet(db, member_id=member)
            await ledger.grant(db, member_id=member, amount=credits, key=f"test {member}")
        return member

    async def job(self, member: UUID | None = None) -> UUID:
        """A job that waits."""
        member = member or await self.member()
        async with self.studio.web_db.transaction(Acting.member(member)) as db:
            return await begin(db, self.studio, member, JobRequest("image.generate", {"prompt": "x", "count": 2}))


@pytest.fixture
async def scene(tmp_path: Path, owner_url: str, postgres: EmbeddedPostgres) -> AsyncIterator[Scene]:
    settings = Settings(home=tmp_path / "data", database_url=SecretStr(owner_url), secret=SecretStr(SECRET))
    settings.home.mkdir()
    superuser = libpq_url(postgres.url(make_url(owner_url).database or ""))
    async with open_studio(settings) as studio:
        yield Scene(studio, create_app(studio), superuser, settings.home)
