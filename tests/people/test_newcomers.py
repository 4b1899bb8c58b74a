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
from atelier.people.account_settings import Mode
from atelier.spine import Studio


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


async def page(app: FastAPI, path: str, address: str = "198.51.100.7") -> str:
    async with visitor(app, address) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        return answer.text


@pytest.mark.parametrize("path", ["/", "/sign-up"])
async def test_a_page_promises_credits_only_to_those_who_will_get_them(app: FastAPI, path: str) -> None:
    assert "20 credits" in await page(app, path)
    await credits(app, "198.51.100.7", "a", "b", "c")
    assert "20 credits" not in await page(app, path)
    assert "20 credits" in await page(app, path, "198.51.100.8")
    assert "Sign in" in await page(app, path)


async def test_the_fourth_newcomer_of_a_network_is_told_so_before_signing_up(app: FastAPI) -> None:
    assert "begins without credits" not in await page(app, "/sign-up")
    await credits(app, "198.51.100.7", "a", "b", "c")
    assert "begins without credits" in await page(app, "/sign-up")


async def test_the_promise_says_that_an_address_gets_it_once(app: FastAPI) -> None:
    assert "Each e-mail address gets them once." in await page(app, "/sign-up")


@pytest.mark.parametrize(
    ("mode", "promised"), [(Mode.OPEN, True), (Mode.APPROVAL, True), (Mode.INVITATION, False), (Mode.CLOSED, False)]
)
async def test_nobody_is_promised_an_account_that_the_studio_does_not_open(
    studio: Studio, mode: Mode, promised: bool
) -> None:
    app = create_app(replace(studio, accounts=replace(studio.accounts, mode=mode)))
    text = await page(app, "/")
    assert ("20 credits" in text, 'href="/sign-up"' in text) == (promised, mode is not Mode.CLOSED)


async def test_those_who_are_approved_are_promised_credits_wherever_they_come_from(studio: Studio) -> None:
    often = Limiter(rates={"sign_up": "99/hour"})
    app = create_app(studio)
    app.state.parts = replace(app.state.parts, limiter=often)
    await credits(app, "198.51.100.7", "a", "b", "c")
    approval = create_app(replace(studio, accounts=replace(studio.accounts, mode=Mode.APPROVAL)))
    assert "20 credits" in await page(approval, "/")


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
