"""A worker that was suspended and comes back finds its job taken over, and leaves no trace of its own."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from tests.faults.conftest import Scene

from atelier.jobs.rules import STALLED

pytestmark = pytest.mark.fault


async def test_a_suspended_worker_cannot_finish_a_second_time(scene: Scene) -> None:
    place, credits = scene.place, await scene.credits()
    place.start("sleeper")
    job = await scene.begin(count=8)
    await scene.until(job, "running")
    while not place.engines():
        await asyncio.sleep(0.05)
    asleep = [place.processes["sleeper"].pid, *(child.pid for child in place.engines())]
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    place.start("other")
    ended = await scene.until(job, "succeeded", seconds=STALLED + 60)
    assert (ended.attempt, ended.made, ended.charged) == (2, 8, 8)

    for pid in asleep:
        os.kill(pid, signal.SIGCONT)
    await _said(scene, "sleeper", "job:superseded")
    assert await scene.until(job, "succeeded") == ended
    assert len(await scene.rows("SELECT 1 FROM assets WHERE job_id = :job", job=job)) == 8
    assert len(await scene.rows("SELECT 1 FROM transfers WHERE hold_id = :job", job=job)) == 2  # the hold and its end
    ends = "SELECT 1 FROM events WHERE subject_id = :job AND kind = 'job:succeeded'"
    assert len(await scene.rows(ends, job=job)) == 1
    assert await scene.credits() == credits - 8


async def test_a_suspended_worker_goes_on_with_other_jobs(scene: Scene) -> None:
    place = scene.place
    place.start("sleeper")
    await scene.until(await scene.begin(count=1), "succeeded")
    os.kill(place.processes["sleeper"].pid, signal.SIGSTOP)
    await asyncio.sleep(STALLED + 3)  # long enough to be taken for dead
    os.kill(place.processes["sleeper"].pid, signal.SIGCONT)
    await scene.until(await scene.begin(count=1), "succeeded", seconds=30)


async def _said(scene: Scene, name: str, word: str) -> None:
    log = scene.place.home / f"{name}.log"
    async with asyncio.timeout(60):
        while word not in log.read_text():
            await asyncio.sleep(0.1)
