"""A member is told by mail when wrong codes are typed for their account again and again, once a day at most."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.people.factors.conftest import code_of, facts, first_half, set_up_app
from tests.people.factors.test_app_sign_in import TOKEN, wish
from tests.people.mailbox import rows
from tests.roles import Person

from atelier.base.db import Database
from atelier.spine import Studio

WRONG = {"code": "000000"}


@pytest.fixture
def settings(settings: Any) -> Any:
    """Locks that never close, so that more than five tries are looked at."""
    return settings.model_copy(update={"limits": "lock_account=99/hour, lock_address=99/hour, sign_in=99/hour"})


def told(studio: Studio) -> list[dict[str, Any]]:
    subject = "Wrong codes were typed for your account at Atelier"
    return [mail for mail in rows(studio, "SELECT recipient, subject, body FROM mails") if mail["subject"] == subject]


async def test_five_wrong_codes_after_the_password_are_told_with_what_to_do(
    studio: Studio, maker: Person, visitor: httpx.AsyncClient, operator_db: Database
) -> None:
    await set_up_app(maker)
    await first_half(visitor, maker)
    for _ in range(4):
        await visitor.post("/sign-in/second", data=WRONG)
    assert told(studio) == []
    await visitor.post("/sign-in/second", data=WRONG)
    (mail,) = told(studio)
    assert mail["recipient"] == maker.email
    assert "set another password" in " ".join(mail["body"].split())
    assert "/account/security" in mail["body"]
    assert len(await facts(operator_db, "factor:warned")) == 1


async def test_it_is_told_once_a_day(studio: Studio, maker: Person, visitor: httpx.AsyncClient) -> None:
    await set_up_app(maker)
    await first_half(visitor, maker)
    for _ in range(8):
        await visitor.post("/sign-in/second", data=WRONG)
    assert len(told(studio)) == 1
    rows(studio, "UPDATE events SET at = at - interval '25 hours' WHERE kind LIKE 'factor:%%'")
    for _ in range(4):
        await visitor.post("/sign-in/second", data=WRONG)
    assert len(told(studio)) == 1  # what was tried the day before counts no more
    await visitor.post("/sign-in/second", data=WRONG)
    assert len(told(studio)) == 2


async def test_tries_at_once_are_told_once(studio: Studio, maker: Person, visitor: httpx.AsyncClient) -> None:
    await set_up_app(maker)
    await first_half(visitor, maker)
    await asyncio.gather(*(visitor.post("/sign-in/second", data=WRONG) for _ in range(8)))
    assert len(told(studio)) == 1


async def test_codes_typed_by_a_program_and_at_a_confirmation_count_too(
    studio: Studio, maker: Person, visitor: httpx.AsyncClient
) -> None:
    await set_up_app(maker)
    for _ in range(3):
        await visitor.post(TOKEN, json=wish(maker, code="000000"))
    for _ in range(2):
        await maker.client.post("/account/confirmation", data={"code": "000000"})
    assert len(told(studio)) == 1


async def test_wrong_passwords_and_right_codes_are_not_told(
    studio: Studio, maker: Person, visitor: httpx.AsyncClient
) -> None:
    secret, _ = await set_up_app(maker)
    for _ in range(6):
        await maker.client.post("/account/confirmation", data={"password": "Wrong-boats-5"})
    await first_half(visitor, maker)
    for code in ("000000", "000001", code_of(secret)):
        await visitor.post("/sign-in/second", data={"code": code})
    assert told(studio) == []
