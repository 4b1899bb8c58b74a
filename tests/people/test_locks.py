"""Locks: five failures lock, by network and by account; success clears; no owner is locked out of their own browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from tests.roles import ORIGIN, PASSWORD, Person

from atelier.base.db import Database, libpq_url
from atelier.limits import Limiter
from atelier.people.locks import Locked, Locks, Place, account_of, place
from atelier.spine import Studio

WRONG = "Wrong-boats-5"


@asynccontextmanager
async def at(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A fresh browser at that address."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 1)), base_url=ORIGIN, headers={"accept": "text/html"}
    )
    async with client:
        yield client


async def attempt(client: httpx.AsyncClient, email: str, password: str = WRONG) -> int:
    return (await client.post("/sign-in", data={"email": email, "password": password})).status_code


async def fail(app: FastAPI, email: str, times: int, address: str = "198.51.100.1") -> list[int]:
    async with at(app, address) as client:
        return [await attempt(client, email) for _ in range(times)]


async def test_the_sixth_failure_from_one_network_is_not_looked_at(app: FastAPI, maker: Person) -> None:
    assert await fail(app, "nobody@example.org", 6) == [422] * 5 + [429]
    async with at(app, "198.51.100.1") as client:
        answer = await client.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        assert "Too many tries failed" in answer.text
        assert "set-cookie" not in answer.headers
    async with at(app, "198.51.100.2") as client:
        assert await attempt(client, maker.email, PASSWORD) == 303


async def test_an_account_is_locked_for_strangers_wherever_they_are(app: FastAPI, maker: Person) -> None:
    for email in (maker.email, "nobody@example.org"):  # the same, whether the account exists or not
        tried = [await fail(app, email, 1, f"198.51.100.{place}") for place in range(6)]
        assert tried == [[422]] * 5 + [[429]]
    async with at(app, "192.0.2.9") as client:
        assert await attempt(client, maker.email, PASSWORD) == 429


async def test_an_attacker_cannot_lock_the_owner_out_of_a_browser_that_is_theirs(app: FastAPI, maker: Person) -> None:
    async with at(app, "192.0.2.9") as theirs, at(app, "203.0.113.1") as other:
        assert await attempt(theirs, maker.email, PASSWORD) == 303
        for place in range(6):
            await fail(app, maker.email, 1, f"198.51.100.{place}")
        assert await attempt(other, maker.email, PASSWORD) == 429
        await theirs.post("/sign-out")
        assert await attempt(theirs, maker.email, PASSWORD) == 303


async def test_a_known_browser_has_a_count_of_its_own(app: FastAPI, maker: Person) -> None:
    async with at(app, "192.0.2.9") as theirs:
        assert await attempt(theirs, maker.email, PASSWORD) == 303
        assert [await attempt(theirs, maker.email) for _ in range(6)] == [422] * 5 + [429]
    async with at(app, "192.0.2.9") as other:  # neither the network nor the account is locked by that
        assert await attempt(other, maker.email, PASSWORD) == 303


async def test_a_cookie_that_was_made_up_or_is_for_somebody_else_is_nobodys(
    app: FastAPI, maker: Person, buyer: Person, studio: Studio
) -> None:
    key = app.state.parts.key
    async with at(app, "192.0.2.9") as theirs:
        await attempt(theirs, buyer.email, PASSWORD)
        (name,) = (name for name in theirs.cookies if "known" in name)
        good = theirs.cookies[name]
    known = place(key, email=buyer.email, address="192.0.2.9", cookies={name: good}, origin=ORIGIN)
    assert known.device is not None
    mine = f"atelier-known-{account_of(key, maker.email)[:8]}"
    device, until, signature = good.split(".")
    for made_up in (
        good,
        f"{device}.1.{signature}",
        f"{device}.{until}9.{signature}",
        f"{'A' * 16}.{until}.{signature}",
    ):
        tried = place(key, email=maker.email, address="x", cookies={mine: made_up}, origin=ORIGIN)
        assert tried.device is None
    for spoilt in (f"{device}.1.{signature}", f"{device}.{until}9.{signature}", good[:-1] + "-", ""):
        tried = place(key, email=buyer.email, address="x", cookies={name: spoilt}, origin=ORIGIN)
        assert tried.device is None


async def test_a_success_clears_what_failed_here_on_this_account_and_nothing_else(
    app: FastAPI, maker: Person, stranger: Person
) -> None:
    for _ in range(3):  # no limit on people who know their password and type badly
        assert await fail(app, maker.email, 4) == [422] * 4
        async with at(app, "198.51.100.1") as client:
            assert await attempt(client, maker.email, PASSWORD) == 303
    assert await fail(app, maker.email, 4) == [422] * 4
    async with at(app, "198.51.100.1") as client:  # an attacker's own account doesn't clear their guesses at another's
        assert await attempt(client, stranger.email, PASSWORD) == 303
    assert await fail(app, maker.email, 2) == [422, 429]


async def test_only_failures_count(app: FastAPI, maker: Person) -> None:
    for _ in range(12):
        async with at(app, "198.51.100.1") as client:
            assert await attempt(client, maker.email, PASSWORD) == 303


async def test_fifteen_minutes_later_it_is_open_again(app: FastAPI, studio: Studio, maker: Person) -> None:
    assert await fail(app, maker.email, 6) == [422] * 5 + [429]
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE sign_in_failures SET at = at - interval '15 minutes'")
    assert await fail(app, maker.email, 1) == [422]
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM sign_in_failures").fetchone() == (1,)  # the old ones are swept


async def test_a_hundred_tries_at_once_are_five(web_db: Database) -> None:
    here = Place(account="a", network="n")
    processes = [Locks(web_db, Limiter()) for _ in range(4)]
    looked_at = 0

    async def guess(locks: Locks) -> None:
        nonlocal looked_at
        try:
            claim = await locks.claim(here)
        except Locked:
            return
        looked_at += 1
        await locks.failed(claim, member=None, at=here)

    await asyncio.gather(*(guess(processes[n % 4]) for n in range(100)))
    assert looked_at == 5


async def test_many_who_know_their_passwords_come_in_at_once(web_db: Database) -> None:
    locks, entered = Locks(web_db, Limiter()), 0

    async def enter(n: int) -> None:
        nonlocal entered
        claim = await locks.claim(Place(account=f"member {n}", network="one school"))
        await asyncio.sleep(0.01)
        await locks.succeeded(claim)
        entered += 1

    await asyncio.gather(*(enter(n) for n in range(20)))
    assert entered == 20


async def test_a_try_that_never_ended_counts_as_a_failure(web_db: Database, studio: Studio) -> None:
    here = Place(account="a", network="n")
    locks = Locks(web_db, Limiter())
    for _ in range(5):
        await locks.claim(here)  # and the process dies
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE sign_in_failures SET at = at - interval '2 minutes'")
    with pytest.raises(Locked):
        await locks.claim(here)


async def test_the_operator_sets_how_many(web_db: Database) -> None:
    locks, here = Locks(web_db, Limiter(rates={"lock_account": "2/minute"})), Place(account="a", network="n")
    for _ in range(2):
        await locks.failed(await locks.claim(here), member=None, at=here)
    with pytest.raises(Locked) as locked:
        await locks.claim(here)
    assert locked.value.seconds <= 60


async def test_nothing_that_was_typed_is_kept(app: FastAPI, studio: Studio, maker: Person) -> None:
    await fail(app, maker.email, 1)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        kept = str(db.execute("SELECT f::text FROM sign_in_failures f").fetchall())
    assert maker.email not in kept
    assert WRONG not in kept
