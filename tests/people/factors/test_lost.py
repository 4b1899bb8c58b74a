"""An operator who has lost every factor is let in again by a command on the studio's own machine."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from tests.people.factors.conftest import add_passkey, set_up_app
from tests.people.mailbox import answered, rows
from tests.roles import Person

from atelier.base.errors import AtelierError
from atelier.people.factors.lost import recover
from atelier.spine import Studio

NEW = "Eleven-blue-kites-7"


async def _recover(studio: Studio, email: str, why: str = "Phone and keys were lost") -> str:
    return await recover(studio.operator_db, studio.web_db, studio.accounts, studio.origin, email=email, why=why)


async def test_the_link_sets_a_new_password_once_and_nothing_else_opens_the_account(
    studio: Studio, operator: Person, visitor: httpx.AsyncClient
) -> None:
    await set_up_app(operator)
    await add_passkey(operator)
    found = urlsplit(await _recover(studio, operator.email))
    me = operator.member_id
    for table in ("authenticators", "passkeys", "recovery_codes", "sessions"):
        assert rows(studio, f"SELECT 1 FROM {table} WHERE member_id = %s", me) == [], table
    assert (await operator.client.get("/account")).status_code == 303  # signed out
    form = {"key": found.query.removeprefix("key="), "password": NEW}
    assert (await visitor.get(f"{found.path}?{found.query}")).status_code == 200
    assert (await visitor.post("/reset", data=form)).status_code == 303
    assert (await visitor.post("/reset", data=form)).status_code == 410
    entered = await visitor.post("/sign-in", data={"email": operator.email, "password": NEW})
    assert entered.status_code == 303
    assert (await visitor.get("/console")).status_code in (200, 303)


async def test_the_trail_keeps_it_and_the_operator_is_told(studio: Studio, operator: Person) -> None:
    await set_up_app(operator)
    await _recover(studio, f" {operator.email.upper()} ")
    (fact,) = rows(studio, "SELECT subject_id, data FROM events WHERE kind = 'operator:recovered'")
    assert fact["subject_id"] == operator.member_id
    assert fact["data"] == {"factors": 1, "sessions": 1, "why": "Phone and keys were lost"}
    mails = await answered(studio)
    assert [mail["recipient"] for mail in mails][-1] == operator.email
    assert "/reset" not in mails[-1]["body"]  # the link is shown on the machine alone


@pytest.mark.parametrize("why", ["", " ", "x" * 201, "a\x00b"])
async def test_it_wants_a_reason(studio: Studio, operator: Person, why: str) -> None:
    with pytest.raises(AtelierError, match="Nothing was changed"):
        await _recover(studio, operator.email, why)


async def test_it_is_for_operators_alone(studio: Studio, operator: Person, maker: Person) -> None:
    for email, said in ((maker.email, "is no operator"), ("nobody@example.org", "Nobody here has the e-mail")):
        with pytest.raises(AtelierError, match=said):
            await _recover(studio, email)
    assert (await maker.client.get("/account")).status_code == 200
    assert (await operator.client.get("/account")).status_code == 200
