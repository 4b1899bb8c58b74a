"""Apps of members with a second factor: the password needs its code beside it, and guesses count."""

from __future__ import annotations

import httpx
from tests.people.factors.conftest import code_of, set_up_app
from tests.roles import PASSWORD, Person

TOKEN = "/api/v1/auth/token"


def wish(person: Person, **more: str) -> dict[str, str]:
    return {"email": person.email, "password": PASSWORD, **more}


async def test_the_code_goes_along_with_the_password(visitor: httpx.AsyncClient, maker: Person) -> None:
    secret, recovery = await set_up_app(maker)
    without = await visitor.post(TOKEN, json=wish(maker))
    assert (without.status_code, without.json()["code"]) == (403, "second_factor_needed")
    assert without.json()["needs"] == "code"
    code = code_of(secret)
    assert (await visitor.post(TOKEN, json=wish(maker, code=code))).status_code == 200
    again = await visitor.post(TOKEN, json=wish(maker, code=code))
    assert (again.status_code, again.json()["code"]) == (422, "wrong_code")
    assert (await visitor.post(TOKEN, json=wish(maker, code=recovery[0]))).status_code == 200
    assert (await visitor.post(TOKEN, json=wish(maker, code=recovery[0]))).status_code == 422


async def test_a_code_without_the_password_is_worth_nothing(visitor: httpx.AsyncClient, maker: Person) -> None:
    secret, _ = await set_up_app(maker)
    code = code_of(secret)
    wrong = await visitor.post(TOKEN, json=wish(maker, code=code) | {"password": "Not-the-one-1"})
    assert wrong.json()["code"] == "wrong_password"
    assert (await visitor.post(TOKEN, json=wish(maker, code=code))).status_code == 200  # it was not used up


async def test_guessed_codes_lock(visitor: httpx.AsyncClient, maker: Person) -> None:
    secret, _ = await set_up_app(maker)
    visitor.cookies.clear()
    for _ in range(5):
        assert (await visitor.post(TOKEN, json=wish(maker, code="000000"))).status_code == 422
    locked = await visitor.post(TOKEN, json=wish(maker, code=code_of(secret)))
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
