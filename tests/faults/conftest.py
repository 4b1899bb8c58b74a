"""A studio of its own processes, that a test may hurt."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from atelier.base.db import Acting, Database
from atelier.ops.drill.crowd import Person, gather
from atelier.ops.drill.place import Place


@dataclass(slots=True)
class Scene:
    """A place with its web process, one member of it, and a look into its database."""

    place: Place
    member: Person
    client: httpx.AsyncClient
    operator_db: Database

    async def begin(self, count: int) -> str:
        """A job by the API; its id."""
        body = {"tool": "image.generate", "input": {"prompt": "a red boat", "count": count}}
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await self.client.post("/api/v1/jobs", json=body)
                except httpx.HTTPError:
                    continue
                assert answer.status_code == 201, answer.text
                return str(answer.json()["id"])

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.operator_db.transaction(Acting.for_studio()) as db:
            return list(await db.execute(text(query), values))

    async def until(self, job: str, *states: str, seconds: float = 60) -> Any:
        """The job's row as soon as it is in one of `states`."""
        async with asyncio.timeout(seconds):
            while True:
                found = (await self.rows("SELECT * FROM jobs WHERE id = :job", job=job))[0]
                if found.state in states:
                    return found
                await asyncio.sleep(0.05)

    async def credits(self) -> int:
        wallet = "SELECT balance FROM accounts WHERE kind = 'wallet' AND member_id = :member"
        return int((await self.rows(wallet, member=self.member.id))[0].balance)


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    place.open()
    yield place
    place.close()


@pytest.fixture
async def scene(place: Place) -> AsyncIterator[Scene]:
    web_db, operator_db = place.connect()
    crowd = await gather(web_db, operator_db, 1, random.Random(0))
    member = crowd.people[0]
    place.start("web")
    headers = {"authorization": f"Bearer {member.token}"}
    async with httpx.AsyncClient(base_url=place.origin, headers=headers, timeout=60) as client:
        yield Scene(place, member, client, operator_db)
    await web_db.close()
    await operator_db.close()
