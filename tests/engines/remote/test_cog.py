"""The server of the package `cog` itself: one place, predictions with the job's id, models that cannot start."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from tests.engines.remote import container as containers
from tests.engines.remote.conftest import KEY, Remote, cog
from tests.engines.remote.container import Container
from tests.engines.work import contents

from atelier.base.ids import new_id
from atelier.demo.faults import Fault
from atelier.engines import Abandons, BadInput, Output, Progress, Unavailable, Unfit, Work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the package cog is installed on Linux alone")


@pytest.fixture
def remote(running: Container, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    made = cog(running)
    monkeypatch.setenv(KEY, made.behind.key)
    (running.folder / "begun").unlink(missing_ok=True)
    yield made
    running.release()


async def pictures(remote: Remote, work: Work) -> list[Output]:
    return [each for each in await remote.make(work) if isinstance(each, Output)]


async def until(running: Container, *, begun: int = 0, status: str = "") -> None:
    """Wait until so many predictions were begun, or until the server says that it is in that state."""
    async with asyncio.timeout(60):
        while len(running.begun) < begun or status not in ("", await asyncio.to_thread(running.status)):
            await asyncio.sleep(0.01)


async def stop(making: asyncio.Task[list[Output]]) -> None:
    making.cancel()
    with suppress(asyncio.CancelledError):
        await making


async def test_its_log_is_read_as_progress(remote: Remote) -> None:
    made = await remote.make(remote.work(steps=3))
    assert [each for each in made if isinstance(each, Progress)][-1] == Progress(0, 3, 3)


async def test_a_prediction_that_still_runs_under_the_job_s_id_is_waited_for(
    remote: Remote, running: Container
) -> None:
    """A container answers 202 to it, and starts no second one beside it."""
    running.hold()
    work = remote.work(prompt="a red boat")
    async with httpx.AsyncClient() as client:
        url = f"{running.url}/predictions/{work.job.hex}-0"
        started = await client.put(url, json={"input": {"prompt": "a red boat"}}, headers={"prefer": "respond-async"})
        assert started.status_code == 202
    await until(running, begun=1)
    making = asyncio.create_task(pictures(remote, replace(work, resume=work.job.hex)))
    async with asyncio.timeout(60):
        while len([each for each in remote.server.asked if each.startswith("PUT")]) < 3:
            await asyncio.sleep(0.01)
    assert len(running.begun) == 1
    running.release()
    (output,) = await making
    assert contents(output)


async def test_an_attempt_that_stopped_leaves_the_place_to_the_next(remote: Remote, running: Container) -> None:
    running.hold()
    work = remote.work()
    first = asyncio.create_task(pictures(remote, work))
    await until(running, begun=1)
    await stop(first)
    running.release()
    assert await pictures(remote, replace(work, resume=work.job.hex))


async def test_abandon_stops_what_still_runs(remote: Remote, running: Container) -> None:
    running.hold()
    work = remote.work()
    async with httpx.AsyncClient() as client:
        url = f"{running.url}/predictions/{work.job.hex}-0"
        await client.put(url, json={"input": {"prompt": "a red boat"}}, headers={"prefer": "respond-async"})
    await until(running, begun=1, status="BUSY")
    assert isinstance(remote.engine, Abandons)
    await remote.engine.abandon(work.job.hex)
    await until(running, status="READY")  # though nobody released it
    await remote.engine.abandon(work.job.hex)  # it is over; that is no error


async def test_a_job_waits_while_the_only_place_is_taken(remote: Remote, running: Container) -> None:
    running.hold()
    first = asyncio.create_task(pictures(remote, replace(remote.work(), job=new_id())))
    await until(running, begun=1)
    second = asyncio.create_task(pictures(remote, remote.work(prompt="a blue boat")))
    async with asyncio.timeout(60):
        while len([each for each in remote.server.asked if each.startswith("PUT")]) < 4:
            await asyncio.sleep(0.01)
    assert running.begun == ["a red boat"]
    running.release()
    assert await first
    assert await second
    assert running.begun == ["a red boat", "a blue boat"]


async def test_a_server_with_a_lasting_fault_is_not_asked_for_ever(remote: Remote, running: Container) -> None:
    remote.server.fail(Fault("/predictions", 502, "<html>", times=99, method="PUT"))
    with pytest.raises(Unavailable, match="502"):
        async with asyncio.timeout(30):
            await remote.make(remote.work())
    assert running.begun == []


async def test_words_that_the_model_refuses_are_said_without_its_own_preface(remote: Remote) -> None:
    with pytest.raises(Exception, match=r"^the-cog will not make this: ValueError: NSFW content detected\.$"):
        await remote.make(remote.work(prompt="something flagged"))


async def test_a_container_without_a_schema_gets_the_usual_names_at_once(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with containers.container(tmp_path_factory.mktemp("bare"), schema=False) as bare:
        remote = cog(bare)
        monkeypatch.setenv(KEY, remote.behind.key)
        assert await pictures(remote, remote.work())
        assert remote.server.asked.count("GET /v1/openapi.json") == 1
        with pytest.raises(BadInput, match="negative_prompt"):
            await remote.make(remote.work(negative_prompt="clouds"))


async def test_a_model_that_cannot_start_says_so(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with containers.container(tmp_path_factory.mktemp("broken"), broken=True) as broken:
        remote = cog(broken)
        monkeypatch.setenv(KEY, remote.behind.key)
        with pytest.raises(Unfit, match="could not start its model"):
            await remote.make(remote.work())
        assert broken.begun == []
