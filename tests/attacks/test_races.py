"""Twice at once is once: invitations, credits, cancellations."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import PASSWORD, Person, browser

from atelier import ledger
from atelier.base.db import Acting, Database
from atelier.people import invitations
from atelier.spine import Studio

WISH = {"tool": "image.generate", "input": {"prompt": "a boat", "count": 4}}


async def test_an_invitation_that_three_use_at_once_opens_one_account(
    app: FastAPI, studio: Studio, operator_db: Database
) -> None:
    async with operator_db.transaction(Acting.for_studio()) as db:
        key = await invitations.make_invitation(db)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(browser(app)) for _ in range(3)]
        forms = [
            {"name": "A", "email": f"a{number}@example.org", "password": PASSWORD, "key": key} for number in range(3)
        ]
        answers = await asyncio.gather(
            *(client.post("/welcome/operator", data=form) for client, form in zip(clients, forms, strict=True))
        )
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert [answer.status_code for answer in answers].count(303) == 1
    async with operator_db.transaction(Acting.for_studio()) as db:
        assert (await db.execute(text("SELECT count(*) FROM members"))).scalar_one() == 1


async def test_twenty_credits_buy_twenty_credits_of_work_however_many_ask(maker: Person, operator_db: Database) -> None:
    answers = await asyncio.gather(*(maker.client.post("/api/v1/jobs", json=WISH) for _ in range(9)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} == {201, 402}
    spent = sum(answer.json()["price"] for answer in made)
    async with operator_db.transaction(Acting.for_studio()) as db:
        balance = await ledger.balance(db, member_id=maker.member_id)
        assert (balance.available + balance.held, balance.held) == (20, spent)
        assert balance.available < 4
        assert (await ledger.check(db)).balanced


async def test_a_job_that_is_cancelled_eight_times_at_once_gives_back_once(
    maker: Person, operator_db: Database
) -> None:
    job = (await maker.client.post("/api/v1/jobs", json=WISH)).json()["id"]
    answers = await asyncio.gather(*(maker.client.post(f"/api/v1/jobs/{job}/cancellation") for _ in range(8)))
    assert all(answer.status_code < 500 for answer in answers)
    async with operator_db.transaction(Acting.for_studio()) as db:
        balance = await ledger.balance(db, member_id=maker.member_id)
        assert (balance.available, balance.held) == (20, 0)
        assert (await ledger.check(db)).balanced


async def test_one_key_that_nine_use_at_once_is_one_job(maker: Person, operator_db: Database) -> None:
    headers = {"idempotency-key": "the same"}
    answers = await asyncio.gather(*(maker.client.post("/api/v1/jobs", json=WISH, headers=headers) for _ in range(9)))
    ids = {answer.json()["id"] for answer in answers if answer.status_code < 300}
    assert len(ids) == 1
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    async with operator_db.transaction(Acting.for_studio()) as db:
        assert (await db.execute(text("SELECT count(*) FROM jobs"))).scalar_one() == 1
