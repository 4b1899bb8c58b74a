"""What the database itself holds, whatever a web process tries."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.people.factors.conftest import add_passkey, set_up_app
from tests.people.factors.test_authenticator import rows
from tests.roles import Person

from atelier.base.db import Acting, Database

AHEAD = "UPDATE sessions SET confirmed_at = now() + interval '1 day'"
FORBIDDEN = {
    "itself_unprotected": "UPDATE members SET protected = false",
    "a_confirmation_ahead": AHEAD,
    "a_step_again": "UPDATE authenticators SET last_step = last_step",
    "a_step_back": "UPDATE authenticators SET last_step = 1",
    "no_step": "UPDATE authenticators SET last_step = NULL",
    "another_secret": "UPDATE authenticators SET secret = 'mine'",
    "another_key": "UPDATE passkeys SET public_key = ''",
    "half_a_sign_in_for_a_day": "INSERT INTO entrances (id, member_id, digest, wanted, expires_at)"
    " SELECT id, id, 'x', '/', now() + interval '1 day' FROM members",
    "the_spent_challenges": "DELETE FROM challenges_spent",
}


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_a_web_process_cannot_help_itself(maker: Person, web_db: Database, name: str) -> None:
    await set_up_app(maker)
    await add_passkey(maker)
    with pytest.raises(DBAPIError):
        async with web_db.transaction(Acting.member(maker.member_id)) as db:
            await db.execute(text(FORBIDDEN[name]))


async def test_a_used_code_stays_used(maker: Person, web_db: Database, owner_url: str) -> None:
    await set_up_app(maker)
    rows(owner_url, "UPDATE recovery_codes SET used_at = now()")
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await db.execute(text("UPDATE recovery_codes SET used_at = NULL"))
    assert rows(owner_url, "SELECT count(*) FROM recovery_codes WHERE used_at IS NULL") == [(0,)]


async def test_nobody_sees_anothers_factors(
    maker: Person, stranger: Person, web_db: Database, worker_db: Database
) -> None:
    await set_up_app(maker)
    device = await add_passkey(maker)
    for table in ("authenticators", "passkeys", "recovery_codes", "entrances"):
        async with web_db.transaction(Acting.member(stranger.member_id)) as db:
            assert (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
        with pytest.raises(DBAPIError):
            async with worker_db.transaction(Acting.for_studio()) as db:
                await db.execute(text(f"SELECT * FROM {table}"))
    assert device.user


async def test_what_protects_is_counted_by_the_database(maker: Person, owner_url: str) -> None:
    seen = "SELECT protected FROM members"
    await add_passkey(maker)
    assert rows(owner_url, seen) == [(True,)]
    await set_up_app(maker)
    rows(owner_url, "DELETE FROM passkeys")
    assert rows(owner_url, seen) == [(True,)]
    rows(owner_url, "DELETE FROM authenticators")
    assert rows(owner_url, seen) == [(False,)]
    assert rows(owner_url, "SELECT count(*) FROM recovery_codes") == [(0,)]
