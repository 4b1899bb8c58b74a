"""Providers call the studio: signed calls end a job's waiting at once, and all others leave nothing behind."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from tests.conftest import SECRET
from tests.remote import There, provider
from tests.spine.conftest import maker, start, until, working

from atelier.app import create_app
from atelier.base.clock import now
from atelier.base.db import libpq_url
from atelier.bootstrap import open_studio
from atelier.catalog import BadCatalog
from atelier.catalog.catalog import read
from atelier.engines.remote import provider as providers
from atelier.settings import Settings
from atelier.spine import Studio

__all__ = ["maker"]
ORIGIN = "https://studio.test"
HOOK = "/hooks/providers/there"
BODY = b'{"id": "abc", "status": "succeeded", "input": {"prompt": "a private wish"}}'


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with provider() as found:
        yield found


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path, owner_url: str, there: There) -> Settings:
    (tmp_path / "there.key").write_text(there.behind.key)
    (tmp_path / "there.secret").write_text(there.behind.secret)
    written = f'kind = "replicate"\nwebhook_secret = "file:{tmp_path}/there.secret"'
    catalog = there.catalog(str(tmp_path / "there.key")).replace('kind = "replicate"', written)
    (tmp_path / "catalog.toml").write_text(catalog)
    url = getattr(request, "param", ORIGIN)
    return Settings(home=tmp_path, url=url, database_url=SecretStr(owner_url), secret=SecretStr(SECRET))


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Studio]:
    async with open_studio(settings) as opened:
        yield opened


@pytest.fixture
async def outside(studio: Studio) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever calls the studio from the internet."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(studio)), base_url=ORIGIN) as client:
        yield client


def signed(secret: str, body: bytes = BODY, *, id: str = "msg_1", later: int = 0) -> dict[str, str]:
    at = str(int(now().timestamp()) + later)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")).decode()
    return {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def stored(studio: Studio) -> list[tuple[str, str, bytes]]:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        return db.execute("SELECT source, event_id, body FROM inbox ORDER BY id").fetchall()


async def test_a_job_ends_as_soon_as_its_provider_calls(
    studio: Studio, there: There, maker: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "FIRST_LOOK", 3600.0)  # so that nothing but a call wakes it
    there.behind.transport = httpx.ASGITransport(create_app(studio))
    there.behind.held.clear()
    async with working(studio):
        job_id = await start(studio, maker, 2, steps=2)
        async with asyncio.timeout(60):
            while len([each for each in there.server.asked if each.startswith("GET /v1/predictions/")]) < 2:
                await asyncio.sleep(0.01)  # until it has looked at both; from then on it waits
        there.behind.held.set()
        job = await until(studio, maker, job_id, "succeeded", "failed", seconds=25)
    assert (job.state, job.error_message) == ("succeeded", None)
    assert there.behind.called == [204, 204]


async def test_without_calls_it_looks_by_itself(studio: Studio, there: There, maker: UUID) -> None:
    there.behind.transport = httpx.MockTransport(lambda _request: httpx.Response(502))
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker, steps=2), "succeeded", "failed")
    assert job.state == "succeeded"


async def test_a_signed_call_is_stored_once_without_the_members_words(
    studio: Studio, there: There, outside: httpx.AsyncClient
) -> None:
    headers = signed(there.behind.secret)
    for _ in range(2):
        assert (await outside.post(HOOK, content=BODY, headers=headers)).status_code == 204
    assert stored(studio) == [("providers", "there msg_1", b"there abc")]


@pytest.mark.parametrize("fault", ["unsigned", "forged", "changed", "another id", "old", "early", "plain secret"])
async def test_a_call_that_is_not_signed_by_the_provider_just_now_leaves_nothing(
    studio: Studio, there: There, outside: httpx.AsyncClient, fault: str
) -> None:
    secret = there.behind.secret
    headers = {
        "unsigned": {},
        "forged": signed("whsec_" + base64.b64encode(b"somebody else's").decode()),
        "changed": signed(secret, BODY + b" "),
        "another id": {**signed(secret), "webhook-id": "msg_2"},
        "old": signed(secret, later=-301),
        "early": signed(secret, later=302),
        "plain secret": signed(base64.b64encode(secret.encode()).decode()),
    }[fault]
    answer = await outside.post(HOOK, content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")
    assert stored(studio) == []


async def test_a_call_that_is_too_large_is_refused(studio: Studio, there: There, outside: httpx.AsyncClient) -> None:
    body = b" " * (4 * 1024 * 1024) + BODY
    answer = await outside.post(HOOK, content=body, headers=signed(there.behind.secret, body))
    assert answer.status_code == 413
    assert stored(studio) == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 7}', b'{"id": "a b"}', b"[" * 100_000, b"\xff"])
async def test_a_signed_call_that_names_no_prediction_is_refused(
    studio: Studio, there: There, outside: httpx.AsyncClient, body: bytes
) -> None:
    answer = await outside.post(HOOK, content=body, headers=signed(there.behind.secret, body))
    assert answer.status_code == 422
    assert stored(studio) == []


async def test_an_engine_that_is_not_called_back_has_no_address(outside: httpx.AsyncClient, there: There) -> None:
    for name in ("sketch", "nobody"):
        answer = await outside.post(f"/hooks/providers/{name}", content=BODY, headers=signed(there.behind.secret))
        assert answer.status_code == 404


async def test_a_secret_that_was_removed_stops_calls_and_asks_to_come_again(
    studio: Studio, settings: Settings, there: There, outside: httpx.AsyncClient
) -> None:
    (settings.home / "there.secret").unlink()
    answer = await outside.post(HOOK, content=BODY, headers=signed(there.behind.secret))
    assert (answer.status_code, stored(studio)) == (503, [])


@pytest.mark.parametrize("settings", ["http://studio.test"], indirect=True)
async def test_nobody_is_asked_to_call_a_studio_without_an_https_address(
    studio: Studio, there: There, maker: UUID
) -> None:
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker, steps=2), "succeeded", "failed")
    assert job.state == "succeeded"
    assert [each["webhook"] for each in there.behind.predictions.values()] == [None]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('webhook_secret = "whsec_AAAA"', "webhook_secret: say where the key lies"),
        ('webhook_secret = "env:NO_SUCH_NAME"', "webhook_secret: the environment has no NO_SUCH_NAME"),
        ('webhook_secret = "file:{folder}/there.key"', "webhook_secret: this is no secret of webhooks"),
    ],
)
def test_a_secret_that_cannot_be_is_a_fault_of_its_line(settings: Settings, written: str, said: str) -> None:
    path = settings.home / "catalog.toml"
    lines = [
        written.format(folder=settings.home) if line.startswith("webhook_secret") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))
    with pytest.raises(BadCatalog) as found:
        read(path, ("sketch",))
    assert f"line {lines.index(written.format(folder=settings.home)) + 1}: {said}" in str(found.value)


def test_only_kinds_whose_providers_sign_take_a_secret(settings: Settings) -> None:
    path = settings.home / "catalog.toml"
    path.write_text(path.read_text().replace('kind = "replicate"', 'kind = "openai"'))
    with pytest.raises(BadCatalog, match="an engine of the kind openai is not called back"):
        read(path, ("sketch",))
