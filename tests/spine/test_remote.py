"""A job of a provider: made, billed, stopped and resumed, with the member's credits as for any other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from tests.conftest import SECRET
from tests.remote import There, provider
from tests.spine.conftest import balanced, look, maker, start, until, wallet, working

from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.demo.faults import Fault
from atelier.jobs import State, cancel
from atelier.settings import Settings
from atelier.spine import Studio

__all__ = ["maker"]


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with provider() as found:
        yield found


@pytest.fixture
def key(tmp_path: Path, there: There) -> Path:
    path = tmp_path / "there.key"
    path.write_text(there.behind.key)
    return path


@pytest.fixture
def settings(tmp_path: Path, owner_url: str, there: There, key: Path) -> Settings:
    (tmp_path / "catalog.toml").write_text(there.catalog(str(key)))
    return Settings(home=tmp_path, database_url=SecretStr(owner_url), secret=SecretStr(SECRET))


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Studio]:
    async with open_studio(settings) as opened:
        yield opened


async def started(there: There, count: int = 1) -> None:
    async with asyncio.timeout(60):
        while len(there.behind.predictions) < count:
            await asyncio.sleep(0.01)


async def test_it_is_made_and_its_cost_stands_beside_its_price(studio: Studio, maker: UUID) -> None:
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker, 2, steps=2), "succeeded", "failed")
    assert (job.state, job.error_message, job.charged) == ("succeeded", None, 4)
    assert job.cost is not None
    assert job.cost["usd_micro"] == 6000
    assert job.cost["provider_ms"] > 0
    assert await wallet(studio, maker) == (96, 0)
    assert await balanced(studio)


async def test_a_job_that_is_stopped_stops_its_prediction(studio: Studio, there: There, maker: UUID) -> None:
    there.behind.held.clear()
    async with working(studio):
        job_id = await start(studio, maker, steps=2)
        await started(there)
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await cancel(db, job_id)
        job = await until(studio, maker, job_id, State.CANCELED)
    (prediction,) = there.behind.predictions.values()
    assert prediction["status"] == "canceled"
    assert (job.charged, await wallet(studio, maker)) == (0, (100, 0))


async def test_a_worker_that_stops_leaves_its_prediction_to_the_next(studio: Studio, there: There, maker: UUID) -> None:
    there.behind.held.clear()
    async with working(studio, grace=0.01):
        job_id = await start(studio, maker, 2, steps=2)
        await started(there, 2)
        async with asyncio.timeout(60):
            while len(((await look(studio, maker, job_id)).reference or "").split(",")) < 2:
                await asyncio.sleep(0.01)
    assert (await look(studio, maker, job_id)).state == "queued"
    there.behind.held.set()
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.error_message) == ("succeeded", None)
    assert there.created == 2


@pytest.mark.parametrize(
    ("fault", "code", "attempts"),
    [
        (Fault("/v1/models", 401, {"detail": "no"}, times=99), "provider_key_refused", 1),
        (Fault("/v1/models", 402, {"detail": "no"}, times=99), "provider_without_credit", 1),
        (Fault("/predictions", 422, {"detail": "prompt is odd"}, times=99, method="POST"), "bad_input", 1),
    ],
    ids=["key", "credit", "input"],
)
async def test_what_the_provider_refuses_costs_the_member_nothing(
    studio: Studio, there: There, maker: UUID, fault: Fault, code: str, attempts: int
) -> None:
    there.server.fail(Fault(fault.at, fault.status, fault.body, times=fault.times, method=fault.method))
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker), "failed", "succeeded")
    assert (job.state, job.error_code, job.attempt, job.charged) == ("failed", code, attempts, 0)
    assert await wallet(studio, maker) == (100, 0)


async def test_a_key_that_was_removed_is_said_to_be_and_nothing_is_charged(
    studio: Studio, key: Path, maker: UUID
) -> None:
    key.unlink()
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker), "failed", "succeeded")
    assert (job.error_code, job.charged) == ("engine_unfit", 0)
    assert "cannot be read" in str(job.error_message)


async def test_no_secret_is_in_the_job(studio: Studio, there: There, maker: UUID) -> None:
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker, steps=2), "succeeded", "failed")
    assert there.behind.key not in str({**job.terms, **job.input, "reference": job.reference})
