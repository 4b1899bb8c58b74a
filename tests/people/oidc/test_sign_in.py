"""Coming in through a provider: as a known member, by an e-mail that both sides verified, or as somebody new."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.people.oidc.conftest import Walk, there
from tests.people.oidc.fake import OTHER_KEY, FakeProvider
from tests.roles import Person, browser

from atelier.app import create_app
from atelier.base.db import Acting, Database
from atelier.people import invitations
from atelier.people.account_settings import Mode
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.spine import Studio
from atelier.web.caller import Role


async def me(client: httpx.AsyncClient) -> Any:
    return (await client.get("/api/v1/me")).json()


async def rows(database: Database, statement: str, **values: object) -> list[tuple[Any, ...]]:
    async with database.transaction(Acting.for_studio()) as db:
        return [tuple(row) for row in await db.execute(text(statement), values)]


async def verify(owner_url: str, member: Person) -> None:
    import psycopg

    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute("UPDATE members SET verified_at = now() WHERE id = %s", (member.member_id,))


async def test_what_is_asked_of_a_provider(visitor: httpx.AsyncClient) -> None:
    page = await visitor.post("/sign-in/with/corner", data={"next": "/library"})
    asked = parse_qs(urlsplit(there(page)).query)
    assert there(page).startswith("https://id.example/auth?")
    assert asked["redirect_uri"] == ["http://studio.test/sign-in/with/corner/return"]
    assert asked["response_type"] == ["code"]
    assert asked["scope"] == ["openid email profile"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    (cookie,) = page.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert asked["nonce"][0] not in cookie


async def test_somebody_new_gets_an_account_with_the_welcome(
    visitor: httpx.AsyncClient, walk: Walk, operator_db: Database
) -> None:
    answer = await walk(visitor, data={"next": "/library?q=x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/library?q=x")
    who = await me(visitor)
    assert (who["name"], who["email"], who["role"]) == ("Ada", "ada@example.org", "member")
    found = await rows(operator_db, "SELECT state, verified_at IS NOT NULL FROM members")
    assert found == [("active", True)]
    assert "20" in (await visitor.get("/wallet")).text
    kinds = {row[0] for row in await rows(operator_db, "SELECT kind FROM events")}
    assert {"member:signed_up", "identity:linked", "session:started"} <= kinds


async def test_the_same_person_is_the_same_member_whatever_changed_there(
    app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    async with browser(app) as first:
        await walk(first)
        was = await me(first)
    fake.person |= {"email": "ada@elsewhere.example", "email_verified": False, "name": "Countess"}
    async with browser(app) as second:
        await walk(second)
        assert await me(second) == was
    assert (await rows(operator_db, "SELECT label FROM identities")) == [("ada@elsewhere.example",)]


async def test_an_e_mail_that_both_sides_verified_links(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, maker: Person, owner_url: str
) -> None:
    await verify(owner_url, maker)
    fake.person["email"] = "Maker@Example.org"
    assert (await walk(visitor)).status_code == 303
    assert (await me(visitor))["id"] == str(maker.member_id)


async def test_an_e_mail_that_one_side_has_not_verified_opens_nothing(
    app: FastAPI, walk: Walk, fake: FakeProvider, maker: Person, owner_url: str, operator_db: Database
) -> None:
    fake.person["email"] = maker.email
    async with browser(app) as visitor:
        unproved_here = await walk(visitor)
        assert (unproved_here.status_code, (await visitor.get("/api/v1/me")).status_code) == (409, 401)
        assert "sign_in_first" in unproved_here.text
    await verify(owner_url, maker)
    for verified in (False, None, "true", 1):
        fake.person["email_verified"] = verified
        async with browser(app) as visitor:
            assert "sign_in_first" in (await walk(visitor)).text
            assert (await visitor.get("/api/v1/me")).status_code == 401
    assert await rows(operator_db, "SELECT 1 FROM identities") == []


async def test_an_unproved_e_mail_answers_the_same_whether_it_has_an_account(
    app: FastAPI, walk: Walk, fake: FakeProvider, maker: Person
) -> None:
    fake.person["email_verified"] = False
    answers = []
    for email in (maker.email, "nobody@example.org"):
        fake.person["email"] = email
        async with browser(app) as visitor:
            answers.append((await walk(visitor)).text)
    assert answers[0] == answers[1]


async def test_a_provider_that_the_operator_trusts_needs_not_say_so(
    studio: Studio, fake: FakeProvider, walk: Walk, elsewhere: Elsewhere
) -> None:
    trusted = replace(elsewhere.provider("corner"), trusts_email=True)
    app = create_app(studio, elsewhere=Elsewhere([trusted], "s" * 40, studio.origin, reach=elsewhere.reach))
    del fake.person["email_verified"]
    async with browser(app) as visitor:
        assert (await walk(visitor)).status_code == 303


async def test_the_e_mail_may_come_from_userinfo(
    app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    fake.told_in_token = False
    for _ in range(2):
        async with browser(app) as visitor:
            assert (await walk(visitor)).status_code == 303
            assert (await me(visitor))["email"] == "ada@example.org"
    assert await rows(operator_db, "SELECT label FROM identities") == [("ada@example.org",)]
    assert fake.asked.count("id.example/me") == 1  # only somebody unknown is asked about


async def test_no_e_mail_is_a_clear_page(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    del fake.person["email"]
    answer = await walk(visitor)
    assert answer.status_code == 422
    assert "provider_without_email" in answer.text
    assert await rows(operator_db, "SELECT 1 FROM members") == []
    (refused,) = await rows(operator_db, "SELECT data FROM events WHERE kind = 'session:refused'")
    assert refused[0]["provider"] == "corner"
    assert refused[0]["reason"] == "provider_without_email"


async def test_a_banned_member_stays_out(app: FastAPI, walk: Walk, operator_db: Database) -> None:
    async with browser(app) as first:
        await walk(first)
    async with operator_db.transaction(Acting.for_studio()) as db:
        await db.execute(text("UPDATE members SET state = 'banned'"))
    async with browser(app) as again:
        answer = await walk(again)
        assert (answer.status_code, (await again.get("/api/v1/me")).status_code) == (403, 401)
        assert "account_closed" in answer.text


def studio_with(studio: Studio, elsewhere: Elsewhere, mode: Mode) -> FastAPI:
    return create_app(replace(studio, accounts=replace(studio.accounts, mode=mode)), elsewhere=elsewhere)


async def test_a_closed_studio_opens_no_account_and_lets_members_in(
    app: FastAPI, studio: Studio, elsewhere: Elsewhere, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    async with browser(app) as member:
        await walk(member)
    for mode in (Mode.CLOSED, Mode.INVITATION):
        closed = studio_with(studio, elsewhere, mode)
        async with browser(closed) as member:
            assert (await walk(member)).status_code == 303
        fake.person = {"sub": "new", "email": "new@example.org", "email_verified": True}
        async with browser(closed) as newcomer:
            answer = await walk(newcomer)
            assert answer.status_code == 403
            assert "registration_closed" in answer.text
        fake.person = {"sub": "ada-1", "email": "ada@example.org", "email_verified": True}
    assert len(await rows(operator_db, "SELECT 1 FROM members")) == 1


async def test_who_needs_approval_waits_without_wallet_or_session(
    studio: Studio, elsewhere: Elsewhere, walk: Walk, operator_db: Database
) -> None:
    async with browser(studio_with(studio, elsewhere, Mode.APPROVAL)) as newcomer:
        for _ in range(2):
            answer = await walk(newcomer)
            assert answer.status_code == 403
            assert (await newcomer.get("/api/v1/me")).status_code == 401
        assert await rows(operator_db, "SELECT state FROM members") == [("waiting",)]
        assert await rows(operator_db, "SELECT 1 FROM sessions") == []
        assert await rows(operator_db, "SELECT 1 FROM accounts WHERE member_id IS NOT NULL") == []


async def test_an_invitation_opens_a_closed_door_once(
    studio: Studio, elsewhere: Elsewhere, walk: Walk, fake: FakeProvider, operator: Person, operator_db: Database
) -> None:
    async with operator_db.transaction(Acting.for_studio(operator.member_id)) as db:
        keys = studio.accounts.keys
        key = keys.of(await invitations.invite(db, keys, by=operator.member_id, role=Role.CREATOR, days=7))
    app = studio_with(studio, elsewhere, Mode.INVITATION)
    async with browser(app) as guest:
        page = await guest.get("/sign-up", params={"key": key})
        assert f'name="key" value="{key}"' in page.text[page.text.index("/sign-in/with/corner") :]
        assert (await walk(guest, data={"key": key})).status_code == 303
        assert (await me(guest))["role"] == "creator"
    fake.person = {"sub": "second", "email": "second@example.org", "email_verified": True}
    async with browser(app) as second:
        assert "registration_closed" in (await walk(second, data={"key": key})).text


async def test_the_first_operators_link_is_no_invitation(
    studio: Studio, elsewhere: Elsewhere, walk: Walk, operator_db: Database
) -> None:
    async with operator_db.transaction(Acting.for_studio()) as db:
        key = await invitations.make_invitation(db)
    async with browser(studio_with(studio, elsewhere, Mode.CLOSED)) as guest:
        assert (await walk(guest, data={"key": key})).status_code == 403
    assert await rows(operator_db, "SELECT 1 FROM invitations WHERE used_at IS NOT NULL") == []


async def test_keys_that_were_changed_are_fetched_once(app: FastAPI, walk: Walk, fake: FakeProvider) -> None:
    async with browser(app) as first:
        await walk(first)
    fake.key, fake.published = OTHER_KEY, [OTHER_KEY]
    async with browser(app) as second:
        answer = await walk(second)
        assert answer.status_code == 502  # asked a moment ago: whoever sends wrong keys cannot make us ask again
    assert fake.asked.count("id.example/jwks") == 1


async def test_github_vouches_for_its_verified_primary_address(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    fake.emails = [
        {"email": "other@example.org", "primary": False, "verified": True},
        {"email": "octo@example.org", "primary": True, "verified": True},
    ]
    assert (await walk(visitor, "/sign-in/with/github")).status_code == 303
    who = await me(visitor)
    assert (who["name"], who["email"]) == ("octocat", "octo@example.org")
    assert "github.com/login/oauth/access_token" in fake.asked
    assert "api.github.com/user" in fake.asked


@pytest.mark.parametrize("emails", [[], [{"email": "octo@example.org", "primary": False, "verified": True}]])
async def test_github_without_a_primary_address(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, emails: list[dict[str, Any]]
) -> None:
    fake.emails = emails
    assert "provider_without_email" in (await walk(visitor, "/sign-in/with/github")).text


async def test_github_with_an_address_that_it_has_not_verified(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider
) -> None:
    fake.emails[0]["verified"] = False
    assert "sign_in_first" in (await walk(visitor, "/sign-in/with/github")).text
