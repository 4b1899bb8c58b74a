"""Few newcomers of one network are welcomed with credits, and everybody may open an account (B8)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import ORIGIN, PASSWORD

from atelier.app import create_app
from atelier.base.db import Acting, libpq_url
from atelier.limits import Limiter
from atelier.studio import Studio


def visitor(app: FastAPI, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 1)), base_url=ORIGIN, headers={"accept": "text/html"}
    )


async def credits(app: FastAPI, address: str, *names: str) -> list[int]:
    """What each has after signing up from that address, all at once."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(visitor(app, address)) for _ in names]
        forms = [{"name": "A", "email": f"{name}@example.org", "password": PASSWORD} for name in names]
        answers = await asyncio.gather(
            *(client.post("/sign-up", data=form) for client, form in zip(clients, forms, strict=True))
        )
        assert [answer.status_code for answer in answers] == [303] * len(names)
        wallets = [await client.get("/api/v1/wallet") for client in clients]
    return sorted((wallet.json()["available"] for wallet in wallets), reverse=True)


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    application = create_app(studio)
    often = Limiter(rates={"sign_up": "99/hour"})
    application.state.parts = replace(application.state.parts, limiter=often)
    return application


async def test_three_of_one_network_are_welcomed_though_five_come_at_once(app: FastAPI) -> None:
    assert await credits(app, "198.51.100.7", "a", "b", "c", "d", "e") == [20, 20, 20, 0, 0]
    assert await credits(app, "198.51.100.8", "f") == [20]


async def test_an_ipv6_household_is_one_network(app: FastAPI) -> None:
    found = [await credits(app, f"2001:db8:1:2::{last}", f"v{last}") for last in range(1, 5)]
    assert found == [[20], [20], [20], [0]]
    assert await credits(app, "2001:db8:1:3::1", "other") == [20]


async def test_the_page_promises_only_what_is_given(app: FastAPI) -> None:
    async def promised(address: str) -> bool:
        async with visitor(app, address) as client:
            return "opens with 20 credits" in (await client.get("/sign-up")).text

    assert await promised("198.51.100.7")
    await credits(app, "198.51.100.7", "a", "b", "c")
    assert not await promised("198.51.100.7")
    assert await promised("198.51.100.8")


async def test_after_thirty_days_they_are_forgotten(app: FastAPI, studio: Studio) -> None:
    assert await credits(app, "198.51.100.7", "a", "b", "c", "d") == [20, 20, 20, 0]
    owner = await asyncpg.connect(libpq_url(studio.owner_url))
    kept = await owner.fetch("SELECT * FROM newcomers")
    assert len(kept) == 3
    assert "198.51" not in str(kept)
    await owner.execute("UPDATE newcomers SET at = at - interval '30 days'")
    assert await credits(app, "198.51.100.7", "e") == [20]
    assert await owner.fetchval("SELECT count(*) FROM newcomers") == 1
    await owner.close()


async def test_the_web_role_neither_reads_nor_forgets_them(studio: Studio) -> None:
    for statement in (
        "SELECT * FROM newcomers",
        "DELETE FROM newcomers",
        "INSERT INTO welcomes (mailbox) VALUES ('x')",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with studio.web_db.transaction(Acting.nobody()) as db:
                await db.execute(text(statement))
