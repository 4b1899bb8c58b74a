"""Who may come in: anybody, whom an operator approves or invites, or nobody."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from tests.people.mailbox import answered, key, opened, rows
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Acting
from atelier.people import invitations
from atelier.people.account_settings import Mode
from atelier.spine import Studio
from atelier.web.caller import Role

FORM = {"name": "Mara", "email": "mara@example.org", "password": PASSWORD}


@pytest.fixture
def mode() -> Mode:
    return Mode.APPROVAL


@pytest.fixture
def verify() -> bool:
    return False


@pytest.fixture
def app(studio: Studio, mode: Mode, verify: bool) -> FastAPI:
    return opened(studio, mode, verify=verify)


async def invited(operator: Person, **form: str) -> str:
    """The key of an invitation that the operator makes in the console."""
    answer = await operator.client.post("/console/invitations", data=form)
    assert answer.status_code == 303, answer.text
    page = await operator.client.get(answer.headers["location"])
    found = re.search(r"<code>http://studio\.test/sign-up\?key=([^<]+)</code>", page.text)
    assert found is not None
    return found[1]


def member(studio: Studio) -> dict[str, object]:
    [found] = rows(studio, "SELECT * FROM members WHERE email = 'mara@example.org'")
    return found


async def test_who_waits_sees_one_page_and_nothing_else(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    answer = await visitor.post("/sign-up", data=FORM)
    assert "Your account waits" in answer.text
    assert not visitor.cookies
    again = await visitor.post("/sign-in", data={"email": FORM["email"], "password": PASSWORD})
    assert (again.status_code, "Your account waits" in again.text) == (403, True)
    assert not visitor.cookies
    wrong = await visitor.post("/sign-in", data={"email": FORM["email"], "password": "Wrong-boats-5"})
    assert "waits" not in wrong.text
    assert rows(studio, "SELECT id FROM accounts WHERE member_id = %s", member(studio)["id"]) == []


async def test_an_operator_lets_them_in_with_the_welcome_and_a_mail(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    await visitor.post("/sign-up", data=FORM)
    page = (await operator.client.get("/console/invitations")).text
    assert "mara@example.org" in page
    path = f"/console/members/{member(studio)['id']}/approval"
    answers = await asyncio.gather(*(operator.client.post(path) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    [mail] = await answered(studio)
    assert (mail["recipient"], mail["subject"]) == ("mara@example.org", "Your account at Atelier is open")
    assert (await visitor.post("/sign-in", data=FORM)).status_code == 303
    assert rows(studio, "SELECT balance FROM accounts WHERE member_id = %s", member(studio)["id"])[0]["balance"] == 20
    kinds = [row["kind"] for row in rows(studio, "SELECT kind FROM events WHERE member_id = %s", operator.member_id)]
    assert "member:approved" in kinds


async def test_who_is_declined_is_told_and_forgotten(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person, maker: Person
) -> None:
    await visitor.post("/sign-up", data=FORM)
    path = f"/console/members/{member(studio)['id']}/refusal"
    assert (await operator.client.post(path)).status_code == 303
    assert rows(studio, "SELECT id FROM members WHERE email = 'mara@example.org'") == []
    [mail] = await answered(studio)
    assert mail["recipient"] == "mara@example.org"
    refused = await operator.client.post(f"/console/members/{maker.member_id}/refusal")
    assert refused.status_code == 404  # a member is not declined
    assert (await maker.client.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("verify", [True])
async def test_an_address_is_confirmed_before_anybody_waits(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    await visitor.post("/sign-up", data=FORM)
    [mail] = await answered(studio)
    assert rows(studio, "SELECT id FROM members WHERE state = 'waiting'") == []
    answer = await visitor.post("/confirm", data={"key": key(studio, mail)})
    assert "Your account waits" in answer.text
    assert member(studio)["verified_at"] is not None


@pytest.mark.parametrize("mode", [Mode.INVITATION])
async def test_without_an_invitation_nobody_comes_in(studio: Studio, visitor: httpx.AsyncClient) -> None:
    assert "By invitation" in (await visitor.get("/sign-up")).text
    assert (await visitor.post("/sign-up", data=FORM)).status_code == 403
    assert rows(studio, "SELECT id FROM members") == []


@pytest.mark.parametrize("mode", [Mode.INVITATION, Mode.APPROVAL, Mode.OPEN])
async def test_an_invitation_lets_one_in_at_once(
    studio: Studio, app: FastAPI, visitor: httpx.AsyncClient, operator: Person
) -> None:
    mine = await invited(operator, role="creator", days="7", note="For the studio in Ghent")
    page = await visitor.get("/sign-up", params={"key": mine})
    assert f'name="key" value="{mine}"' in page.text
    slip = await visitor.post("/sign-up", data=FORM | {"key": mine, "password": "short"})
    assert slip.status_code == 422
    async with browser(app) as other:
        answers = await asyncio.gather(
            visitor.post("/sign-up", data=FORM | {"key": mine}),
            other.post("/sign-up", data=FORM | {"key": mine, "email": "two@example.org"}),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    found = rows(studio, "SELECT role, state FROM members WHERE id <> %s", operator.member_id)
    assert found == [{"role": "creator", "state": "active"}]
    assert (await visitor.get("/sign-up", params={"key": mine})).status_code in (303, 410)


@pytest.mark.parametrize("mode", [Mode.CLOSED])
async def test_closed_is_closed_to_invitations_too_but_not_to_the_first_operator(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    mine = await invited(operator, role="member", days="7")
    assert "No new accounts" in (await visitor.get("/sign-up", params={"key": mine})).text
    assert (await visitor.post("/sign-up", data=FORM | {"key": mine})).status_code == 403
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        first = await invitations.make_invitation(db)
    assert (await visitor.post("/welcome/operator", data=FORM | {"key": first})).status_code == 303
    assert member(studio)["verified_at"] is not None  # who runs the machine need not read mail to prove it


@pytest.mark.parametrize("mode", [Mode.INVITATION])
async def test_an_invitation_taken_back_or_too_old_lets_nobody_in(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    mine = await invited(operator, role="member", days="1")
    [row] = rows(studio, "SELECT id, expires_at - created_at AS lasts FROM invitations WHERE made_by IS NOT NULL")
    assert 86390 < row["lasts"].total_seconds() < 86410
    path = f"/console/invitations/{row['id']}/revocation"
    assert (await operator.client.post(path)).status_code == 303
    assert (await operator.client.post(path)).status_code == 404
    assert (await visitor.post("/sign-up", data=FORM | {"key": mine})).status_code == 410
    for made_up in ("x", "A" * 43, "\0"):
        assert (await visitor.get("/sign-up", params={"key": made_up})).status_code == 410


async def test_an_operators_invitation_is_not_the_first_operators_link(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    mine = await invited(operator, role="operator", days="1")
    assert (await visitor.get("/welcome/operator", params={"key": mine})).status_code == 410
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        await invitations.make_invitation(db, role=Role.OPERATOR)  # printed anew, it ends only its own like
    assert (await visitor.get("/sign-up", params={"key": mine})).status_code == 200


@pytest.mark.parametrize(("mode", "verify"), [(Mode.INVITATION, True)])
async def test_a_mailed_invitation_confirms_its_address(
    studio: Studio, app: FastAPI, visitor: httpx.AsyncClient, operator: Person
) -> None:
    await invited(operator, role="member", days="7", email="Mara@example.org", note="See you soon")
    [mail] = await answered(studio)
    assert mail["recipient"] == "mara@example.org"
    assert "See you soon" in mail["body"]
    mine = key(studio, mail)
    assert 'value="mara@example.org"' in (await visitor.get("/sign-up", params={"key": mine})).text
    async with browser(
        app
    ) as other:  # with another address, that one is confirmed first, and the invitation stays good
        looked = await other.post("/sign-up", data=FORM | {"key": mine, "email": "two@example.org"})
        assert "Look at your mail" in looked.text
        assert (await visitor.post("/sign-up", data=FORM | {"key": mine})).status_code == 303
        late = await other.post("/confirm", data={"key": key(studio, (await answered(studio))[-1])})
        assert late.status_code == 410  # the invitation is used by now
    assert member(studio)["verified_at"] is not None
    assert rows(studio, "SELECT id FROM members WHERE email = 'two@example.org'") == []


@pytest.mark.parametrize(("mode", "verify"), [(Mode.INVITATION, True)])
async def test_an_invitation_is_spent_when_the_address_is_confirmed(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person
) -> None:
    mine = await invited(operator, role="creator", days="7")
    await visitor.post("/sign-up", data=FORM | {"key": mine})
    [mail] = await answered(studio)
    assert rows(studio, "SELECT used_at FROM invitations WHERE made_by IS NOT NULL")[0]["used_at"] is None
    assert (await visitor.post("/confirm", data={"key": key(studio, mail)})).status_code == 303
    assert member(studio)["role"] == "creator"
    assert (await visitor.get("/api/v1/me")).json()["role"] == "creator"


BAD_INVITATIONS = [
    {"email": "no address"},
    {"note": "x" * 501},
    {"role": "owner"},
    {"days": "10000"},
    {"days": "-1"},
    {"note": "a\x1b[31m"},
]


@pytest.mark.parametrize("form", BAD_INVITATIONS)
async def test_a_bad_invitation_is_not_made(studio: Studio, operator: Person, form: dict[str, str]) -> None:
    assert (await operator.client.post("/console/invitations", data=form)).status_code == 422
    assert rows(studio, "SELECT id FROM invitations WHERE made_by IS NOT NULL") == []
