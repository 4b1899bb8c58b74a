"""What sessions and limits cost a request, which session queries are saved, and what many sign-ins at once cost others.

The cost is a member's route with its rule beside the same route without one, and the same difference for a bare FastAPI
application with a signed cookie and `limits` in memory. The library's traffic is a member in headless Chromium, one
step a second; the queries are PostgreSQL's own count of scans of the table of sessions.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from atelier.app import create_app
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio
from atelier.people import sessions, signup
from atelier.people.passwords import Passwords, passwords
from atelier.settings import Settings
from bench.opened import PASSWORD, Opened, opened_studio
from bench.signed_in import Called, bare, called, cookie, plain, ruled
from bench.traffic import browse

ROUNDS, CALLS = 7, 400
AT_ONCE, GETS = 50, 200
EVERY = 0.05  # seconds from one look at the library to the next
AIMS = {"cost_ms": 1.0, "saved": 0.95, "library_p95_ms": 100.0}
HASH_MS = (100.0, 250.0)


def run(owner_url: str, secret: str) -> dict[str, Any]:
    """{"cost": {…}, "hash_ms", "traffic": {…}, "sign_ins": {…}, "aims", "within_aims"}, times in ms."""
    cost = asyncio.run(_cost(owner_url, secret))
    hashed = asyncio.run(_hash())
    with opened_studio(owner_url, secret) as studio:
        emails = asyncio.run(_accounts(owner_url, secret))
        sign_ins = asyncio.run(_sign_ins(studio, emails))
        traffic = browse(studio, owner_url)
    return {
        "aims": {**AIMS, "hash_ms": list(HASH_MS)},
        "within_aims": {
            "cost": cost["ours_ms"] < AIMS["cost_ms"],
            "saved": traffic["saved"] >= AIMS["saved"],
            "library": sign_ins["library_p95_ms"] < AIMS["library_p95_ms"] and not any(sign_ins["refused"].values()),
            "hash": HASH_MS[0] <= hashed <= HASH_MS[1],
        },
        "cost": cost,
        "hash_ms": hashed,
        "traffic": traffic,
        "sign_ins": sign_ins,
    }


async def _cost(owner_url: str, secret: str) -> dict[str, float]:
    """What each adds to a request, medians of rounds taken in turns."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(
            home=home,
            url="http://studio.test",
            database_url=SecretStr(owner_url),
            secret=SecretStr(secret),
            limits="general=100000000/minute",
        )
        studio = await stack.enter_async_context(open_studio(settings))
        await stack.enter_async_context(studio.signals.running())
        await studio.signals.connected.wait()  # nobody is remembered before
        held = await _session(studio.web_db)
        ours = ruled(create_app(studio).state.parts)
        apps: dict[str, tuple[Called, str]] = {
            "bare": (plain(), ""),
            "ours": (ours, f"atelier={held}"),
            "peer": (bare(secret), f"session={cookie(secret, {'member': str(new_id())})}"),
        }
        times: dict[str, list[float]] = {name: [] for name in apps}
        for _ in range(ROUNDS):
            for name, (app, sent) in apps.items():
                await called(app, sent, 20)
                times[name].append(await called(app, sent, CALLS))
    found = {name: statistics.median(each) for name, each in times.items()}
    ours_ms, peer_ms = found["ours"] - found["bare"], found["peer"] - found["bare"]
    return {
        "bare_ms": round(found["bare"], 3),
        "ours_ms": round(ours_ms, 3),
        "peer_ms": round(peer_ms, 3),
        "ratio": round(ours_ms / peer_ms, 2),
    }


async def _session(database: Any) -> str:
    member = new_id()
    hashed = await Passwords(passes=1, memory_kib=8).hash(PASSWORD)
    async with database.transaction(Acting.member(member)) as db:
        await signup.sign_up(db, member_id=member, email=f"{member}@example.org", name="A", password_hash=hashed)
        return await sessions.start(db, member_id=member, agent="bench", address="127.0.0.1")


async def _hash() -> float:
    """Milliseconds that one password takes, with nothing beside it."""
    times = []
    for _ in range(9):
        began = time.perf_counter()
        await passwords.hash(PASSWORD)
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 1)


async def _accounts(owner_url: str, secret: str) -> list[str]:
    """Fifty members with real hashes."""
    hashed = await passwords.hash(PASSWORD)
    emails = [f"bench-{number}@example.org" for number in range(AT_ONCE)]
    settings = Settings(home=Path(tempfile.gettempdir()), database_url=SecretStr(owner_url), secret=SecretStr(secret))
    async with open_studio(settings) as studio:
        for email in emails:
            member = new_id()
            async with studio.web_db.transaction(Acting.member(member)) as db:
                await signup.sign_up(db, member_id=member, email=email, name="A", password_hash=hashed)
    return emails


async def _sign_ins(studio: Opened, emails: list[str]) -> dict[str, Any]:
    """Looks at the library, one every 50 ms: alone, then while fifty sign in at once."""
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=studio.address, timeout=60, limits=limits) as client:
        refused = {"looks": 0, "sign_ins": 0}

        async def look() -> float:
            began = time.perf_counter()
            answer = await client.get("/library", cookies=studio.maker, headers={"accept": "text/html"})
            refused["looks"] += answer.status_code != 200
            return (time.perf_counter() - began) * 1000

        async def sign_in(number: int, email: str) -> float:
            began = time.perf_counter()
            form = {"email": email, "password": PASSWORD}
            headers = {"origin": studio.address, "x-forwarded-for": f"198.51.100.{number + 1}"}
            answer = await client.post("/sign-in", data=form, headers=headers)
            refused["sign_ins"] += answer.status_code != 303
            return (time.perf_counter() - began) * 1000

        await look()
        alone = await _looks(look, lambda gone: gone >= GETS)
        began = time.perf_counter()
        tasks = [asyncio.create_task(sign_in(number, email)) for number, email in enumerate(emails)]
        beside = await _looks(look, lambda gone: all(task.done() for task in tasks))
        took = [await task for task in tasks]
        lasted = time.perf_counter() - began
    return {
        "at_once": len(emails),
        "all_done_s": round(lasted, 1),
        "sign_in_p50_ms": round(statistics.median(took)),
        "looks": len(beside),
        "refused": refused,
        "library_alone_p95_ms": _p95(alone),
        "library_p95_ms": _p95(beside),
        "library_p50_ms": round(statistics.median(beside), 1),
    }


async def _looks(look: Callable[[], Awaitable[float]], enough: Callable[[int], bool]) -> list[float]:
    """Starts a look at every beat, whether or not the last one has come back."""
    tasks: list[asyncio.Task[float]] = []
    while not enough(len(tasks)):
        tasks.append(asyncio.ensure_future(look()))
        await asyncio.sleep(EVERY)
    return list(await asyncio.gather(*tasks))


def _p95(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1)


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    cost, traffic, sign_ins = result["cost"], result["traffic"], result["sign_ins"]
    lines = [
        "| what | measured | aim |",
        "| --- | --- | --- |",
        f"| sessions and limits, a request | {cost['ours_ms']:.3f} ms | under 1 ms |",
        f"| the same in the peer: signed cookie, `limits` in memory, nothing revocable | {cost['peer_ms']:.3f} ms"
        f" ({cost['ratio']:.2f} ×) | |",
        f"| requests of {traffic['steps']} steps through the library | {traffic['requests']} | |",
        f"| lookups of sessions in the database | {traffic['lookups']} ({traffic['saved']:.1%} fewer) | 95% fewer |",
        f"| one password, Argon2id | {result['hash_ms']:.0f} ms | 100 to 250 ms |",
        f"| the library's p95 alone | {sign_ins['library_alone_p95_ms']:.0f} ms | |",
        f"| … while {sign_ins['at_once']} sign in at once ({sign_ins['all_done_s']} s) |"
        f" {sign_ins['library_p95_ms']:.0f} ms | 100 ms |",
    ]
    return "\n".join(lines)
