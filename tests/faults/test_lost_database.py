"""A database that goes away is waited for: callers are told, the log stays short, and work goes on when it is back."""

from __future__ import annotations

import asyncio

import pytest
from tests.faults.conftest import Scene

pytestmark = pytest.mark.fault
LINES = 80  # that a process may write in the few seconds of an outage


async def test_web_and_worker_wait_for_a_database_without_a_traceback(scene: Scene) -> None:
    scene.place.start("worker")
    assert (await scene.until(await scene.begin(count=1), "succeeded")).charged == 1
    scene.place.kill_database()
    async with asyncio.timeout(30):
        while (answer := await scene.client.get("/api/v1/jobs")).status_code == 200:
            await asyncio.sleep(0.05)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    page = await scene.client.get("/jobs", headers={"accept": "text/html"})
    assert page.status_code == 503
    assert "database does not answer" in page.text
    ready = await scene.client.get("/health/ready")
    assert (ready.status_code, ready.json()["trouble"]) == (503, "database_unavailable")
    assert (await scene.client.get("/health/live")).status_code == 200
    worker = scene.place.home / "worker.log"
    async with asyncio.timeout(30):
        while worker.read_text().count("signals:lost") < 3:  # it has tried again and again
            await asyncio.sleep(0.1)
    scene.place.postgres.open()
    await scene.operator_db.close()  # our own look into it begins anew as well
    assert (await scene.until(await _again(scene), "succeeded")).charged == 1
    for name in ("web", "worker"):
        said = (scene.place.home / f"{name}.log").read_text()
        assert "Traceback" not in said, said
        assert len(said.splitlines()) < LINES, said


async def _again(scene: Scene) -> str:
    """A job, as soon as the database takes it."""
    async with asyncio.timeout(30):
        while (await scene.client.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.1)
    return await scene.begin(count=1)
