"""A studio at an address for which browsers make passkeys, and members with factors."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Awaitable, Callable
from html import unescape
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.conftest import SECRET
from tests.people.factors.device import Device
from tests.roles import PASSWORD, Person

from atelier.base.db import Acting, Database
from atelier.people.factors import rules
from atelier.settings import Settings

Codes = Callable[..., str]
SECRET_SHOWN = re.compile(r'<code class="secret">([A-Z2-7 ]+)</code>')
CODES_SHOWN = re.compile(r"<li><code>([a-z0-9-]{14})</code></li>")


@pytest.fixture
def settings(tmp_path: Path, owner_url: str) -> Settings:
    return Settings(
        home=tmp_path,
        url="http://localhost",
        hosts="studio.test",  # where the tests' browsers are
        database_url=SecretStr(owner_url),
        secret=SecretStr(SECRET),
    )


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time steps don't turn within a test: each begins early in one."""
    left = rules.STEP - time.time() % rules.STEP
    if left < 4:
        time.sleep(left)


def code_of(secret: bytes, steps: int = 0) -> str:
    """What the app shows, so many steps from now."""
    return rules.totp(secret).generate(int(time.time()) + steps * rules.STEP).decode()


async def set_up_app(person: Person) -> tuple[bytes, list[str]]:
    """Set an authenticator up in the browser, with the code of the step before now; its secret, and the codes shown."""
    proposed = await person.client.post("/account/security/app")
    assert proposed.status_code == 303, proposed.text
    page = await person.client.get("/account/security/app")
    found = SECRET_SHOWN.search(page.text)
    assert found, page.text
    secret = base64.b32decode(found[1].replace(" ", ""))
    done = await person.client.post("/account/security/app/confirmation", data={"code": code_of(secret, -1)})
    assert done.status_code in (200, 303), done.text
    return secret, CODES_SHOWN.findall(done.text)


async def add_passkey(person: Person, device: Device | None = None, called: str = "My phone") -> Device:
    """Add a passkey in the browser."""
    made = device or Device()
    asked = await person.client.post("/account/passkeys/challenge", headers={"accept": "application/json"})
    assert asked.status_code == 200, asked.text
    answer = await person.client.post(
        "/account/passkeys", data={"credential": made.make(asked.json()), "called": called}
    )
    assert answer.status_code in (200, 303), fault(answer)
    return made


async def first_half(client: httpx.AsyncClient, person: Person, to: str = "/library") -> httpx.Response:
    """Type e-mail and password."""
    return await client.post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": to})


async def ask(client: httpx.AsyncClient, path: str) -> dict[str, object]:
    """The challenge at that path."""
    answer = await client.post(path, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def fault(page: httpx.Response) -> str:
    """What a page says is wrong."""
    found = re.findall(r'<p class="fault"[^>]*>.*?<span>(.*?)</span>', page.text, re.S)
    return unescape(" ".join(filter(None, found)))


async def facts(operator_db: Database, *kinds: str) -> list[tuple[str, dict[str, object]]]:
    """The trail's facts of those kinds, the oldest first."""
    async with operator_db.transaction(Acting.for_studio()) as db:
        connection = await db.connection()
        found = (await connection.exec_driver_sql("SELECT kind, data FROM events ORDER BY id")).mappings()
        return [(row["kind"], row["data"]) for row in found if row["kind"] in kinds]


def signed_in(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.get("/api/v1/me", headers={"accept": "application/json"})
