"""The members of a drill: each sends requests through the API, some twice, and changes their mind now and then.

A client that gets no answer sends the same request with the same Idempotency-Key again, as any careful one does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from atelier import ledger
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.people import signup, tokens
from atelier.people.passwords import Passwords

EACH = 4  # requests of one member: well below the limit of generations a minute
AT_ONCE = 6
SUBJECTS = (
    "a red boat on a calm sea",
    "a city at night",
    "mountains under stars",
    "a house in a forest",
    "a cat at noon",
)


@dataclass(slots=True)
class Person:
    """A member of the drill."""

    id: UUID
    token: str
    granted: int


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One job that somebody wants, once."""

    person: Person
    key: str
    count: int
    subject: str
    times: int  # how often it is sent
    cancel_after: float | None


@dataclass(slots=True)
class Crowd:
    """Everybody, what they want, and what they were told."""

    people: list[Person]
    requests: list[SentRequest]
    told: dict[str, set[str]] = field(default_factory=dict)  # key → the jobs' ids that the API answered with
    refused: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return len(self.told)


async def gather(web_db: Database, operator_db: Database, jobs: int, chance: random.Random) -> Crowd:
    """Members with wallets and tokens, and their `jobs` requests."""
    people = [await _member(web_db, operator_db) for _ in range(max(3, -(-jobs // EACH)))]
    requests = []
    for number in range(jobs):
        cancel = chance.random() < 0.15
        requests.append(
            SentRequest(
                person=people[number % len(people)],
                key=f"request {number}",
                count=2 if chance.random() < 0.2 else 1,
                subject=chance.choice(SUBJECTS),
                times=2 if chance.random() < 0.25 else 1,
                cancel_after=chance.uniform(0, 2) if cancel else None,
            )
        )
    return Crowd(people, requests)


async def _member(web_db: Database, operator_db: Database) -> Person:
    id, hashed = new_id(), await Passwords(passes=1, memory_kib=8).hash("Seven-red-boats-4")
    async with web_db.transaction(Acting.member(id)) as db:
        welcome = await signup.sign_up(db, member_id=id, email=f"{id}@drill.invalid", name="A", password_hash=hashed)
        _, secret = await tokens.create(db, member_id=id, name="drill", scopes=tokens.MAKE)
    async with operator_db.transaction(Acting.for_studio()) as db:
        await ledger.grant(db, member_id=id, amount=EACH * 3, key=f"drill {id}")
    return Person(id, secret, welcome + EACH * 3)


async def send(crowd: Crowd, origin: str, until: Callable[[], bool]) -> None:
    """Send every request until it is acknowledged, a few at a time; gives up when `until` says so."""
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE * 4)
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as client, asyncio.TaskGroup() as tasks:
        for asked in crowd.requests:
            tasks.create_task(_wish(crowd, client, gate, asked, until))


async def _wish(
    crowd: Crowd, client: httpx.AsyncClient, gate: asyncio.Semaphore, asked: SentRequest, until: Callable[[], bool]
) -> None:
    async with gate:
        ids = await asyncio.gather(*(_submit(crowd, client, asked, until) for _ in range(asked.times)))
    if asked.cancel_after is not None and (job := next(filter(None, ids), None)):
        await asyncio.sleep(asked.cancel_after)
        await _ask(client, f"/api/v1/jobs/{job}/cancellation", asked, until)


async def _submit(crowd: Crowd, client: httpx.AsyncClient, asked: SentRequest, until: Callable[[], bool]) -> str | None:
    body = {"tool": "image.generate", "input": {"prompt": asked.subject, "count": asked.count, "seed": 7}}
    answer = await _ask(client, "/api/v1/jobs", asked, until, json=body)
    if answer is None:
        return None
    if answer.status_code != 201:
        crowd.refused.append(f"{asked.key}: {answer.status_code} {answer.text[:200]}")
        return None
    job = str(answer.json()["id"])
    crowd.told.setdefault(f"{asked.person.id} {asked.key}", set()).add(job)
    return job


async def _ask(
    client: httpx.AsyncClient, path: str, asked: SentRequest, until: Callable[[], bool], json: object = None
) -> httpx.Response | None:
    """The answer, however often the web process dies in between."""
    headers = {"authorization": f"Bearer {asked.person.token}", "idempotency-key": asked.key}
    while not until():
        try:
            answer = await client.post(path, json=json, headers=headers)
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code < 500 and answer.status_code != 429:
            return answer
        await asyncio.sleep(float(answer.headers.get("retry-after", 0.3)))
    return None
