"""Predictions: waited for, resumed after a death, stopped when their job is over, and never started twice."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.engines.conftest import reference
from tests.engines.remote.conftest import KEY, Remote, provider, replicate
from tests.engines.work import contents

from atelier.demo.faults import Fault, Faulty
from atelier.demo.replicate import VERSION
from atelier.engines import Abandons, EngineError, Made, Output, Progress, Started, Unavailable, Unfit, Usage
from atelier.engines.remote.provider import NotThere
from atelier.engines.remote.replicate import ReplicateEngine


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Remote:
    made = replicate()
    monkeypatch.setenv(KEY, made.behind.key)
    return made


def created(remote: Remote) -> int:
    return len([each for each in remote.server.asked if each.startswith("POST") and each.endswith("/predictions")])


async def until_started(remote: Remote, count: int, resume: str | None = None) -> str:
    """The last reference of an attempt that dies when so many predictions were started."""
    work = remote.work(count=count, resume=resume)
    reference = resume
    async with aclosing(remote.engine.make(work)) as making:
        async for made in making:
            if isinstance(made, Started):
                reference = made.reference
                if len(json.loads(reference)) == count:
                    break
    assert reference is not None
    return reference


async def test_a_second_attempt_waits_for_what_the_first_started(remote: Remote) -> None:
    remote.behind.held.clear()
    reference = await until_started(remote, 2)
    assert created(remote) == 2
    remote.behind.held.set()
    made = await remote.make(remote.work(count=2, resume=reference))
    assert len([each for each in made if isinstance(each, Output)]) == 2
    assert created(remote) == 2


async def test_a_prediction_whose_id_was_lost_is_found_by_its_input(remote: Remote) -> None:
    """The process died after the provider had begun and before the id was stored."""
    work = remote.work(count=2)
    remote.behind.held.clear()
    async with aclosing(remote.engine.make(work)) as making:
        async for made in making:
            if isinstance(made, Started) and len(json.loads(made.reference)) == 2:
                told = json.loads(made.reference)
                break
    del told["1"]
    remote.behind.held.set()
    made_again = await remote.make(replace(work, resume=json.dumps(told)))
    assert len([each for each in made_again if isinstance(each, Output)]) == 2
    assert created(remote) == 2


async def test_a_prediction_of_another_job_is_not_taken_for_ours(remote: Remote) -> None:
    await remote.make(remote.work())  # the same words and seed, a moment before
    work = replace(remote.work(), resume="{}")
    assert [each for each in await remote.make(work) if isinstance(each, Output)]
    assert created(remote) == 2


async def test_closing_leaves_a_prediction_running_and_abandon_stops_it(remote: Remote) -> None:
    remote.behind.held.clear()
    reference = await until_started(remote, 1)
    (prediction,) = remote.behind.predictions.values()
    assert prediction["status"] in ("starting", "processing")
    assert isinstance(remote.engine, Abandons)
    await remote.engine.abandon(reference)
    assert prediction["status"] == "canceled"
    await remote.engine.abandon(reference)  # it is over; that is no error


async def test_a_prediction_that_was_stopped_at_the_provider_is_said_to_be(remote: Remote) -> None:
    remote.behind.held.clear()
    reference = await until_started(remote, 1)
    assert isinstance(remote.engine, Abandons)
    await remote.engine.abandon(reference)
    with pytest.raises(Unfit, match="stopped"):
        await remote.make(remote.work(resume=reference))


async def test_its_log_is_read_as_progress(remote: Remote) -> None:
    made = await remote.make(remote.work(steps=3))
    steps = [each for each in made if isinstance(each, Progress)]
    assert steps[-1] == Progress(0, 3, 3)


async def test_a_version_can_be_named(remote: Remote) -> None:
    made = await remote.make(remote.work(model=f"demo/poster:{VERSION}"))
    assert [each for each in made if isinstance(each, Output)]


async def test_a_large_picture_is_uploaded_and_a_small_one_goes_along(remote: Remote) -> None:
    picture = reference(32, 32)
    large = picture + b"\0" * 300_000  # what follows the end of a PNG is nobody's business
    for data, uploads in ((picture, 0), (large, 1)):
        remote.server.asked.clear()
        await remote.make(remote.work("image.edit", files={"image": data}))
        assert remote.server.asked.count("POST /v1/files") == uploads


async def test_a_provider_that_is_busy_for_a_while_is_asked_again(remote: Remote) -> None:
    remote.server.fail(Fault("/v1/predictions/", 429, {"detail": "throttled"}, {"retry-after": "0"}, times=2))
    remote.server.fail(Fault("/delivery", 503, "<html>", times=2))
    (output,) = [each for each in await remote.make(remote.work()) if isinstance(each, Output)]
    assert contents(output)


async def test_starting_is_never_repeated_by_itself(remote: Remote) -> None:
    """Whether a prediction began is not known when its answer is lost, and each costs money."""
    remote.server.fail(Fault("/predictions", 500, "<html>", times=1, method="POST"))
    with pytest.raises(Unavailable):
        await remote.make(remote.work())
    assert created(remote) == 1


async def test_the_seconds_that_the_provider_counts_are_billed(remote: Remote) -> None:
    (used,) = [each for each in await remote.make(remote.work(costs={"seconds": "1"})) if isinstance(each, Usage)]
    (prediction,) = remote.behind.predictions.values()
    assert used.cost["usd_micro"] == pytest.approx(prediction["metrics"]["predict_time"] * 1e6, abs=1)


async def test_several_pictures_are_made_at_the_same_time(remote: Remote) -> None:
    remote.behind.held.clear()
    making = asyncio.create_task(remote.make(remote.work(count=4)))
    async with asyncio.timeout(60):
        while len(remote.behind.predictions) < 4:
            await asyncio.sleep(0.01)
    remote.behind.held.set()
    assert len([each for each in await making if isinstance(each, Output)]) == 4


async def test_a_file_that_the_provider_deleted_is_not_asked_for_again(remote: Remote) -> None:
    remote.server.fail(Fault("/delivery", 404, {"detail": "Not found"}, times=9))
    with pytest.raises(NotThere, match="no longer has the file"):
        await remote.make(remote.work())
    assert len([each for each in remote.server.asked if "/delivery" in each]) == 1


async def test_the_stand_in_works_at_any_place_in_a_server(remote: Remote) -> None:
    mounted = Faulty(Starlette(routes=[Mount("/replicate", remote.behind.app)]))
    engine = ReplicateEngine(provider("replicate", mounted, "/replicate/v1"))
    made = [each async for each in engine.make(remote.work())]
    assert [each for each in made if isinstance(each, Output)]


async def test_one_picture_that_fails_does_not_stop_the_others(remote: Remote) -> None:
    remote.behind.held.clear()
    reference = await until_started(remote, 3)
    first = json.loads(reference)["0"]
    ended = {"id": first, "status": "failed", "error": "CUDA out of memory", "metrics": {}}
    remote.server.fail(Fault(f"/v1/predictions/{first}", 200, ended, method="GET"))
    remote.behind.held.set()
    made: list[Made] = []

    async def make() -> None:
        async for each in remote.engine.make(remote.work(count=3, resume=reference)):
            made.append(each)

    with pytest.raises(EngineError, match="CUDA out of memory"):
        await make()
    assert sorted(each.position for each in made if isinstance(each, Output)) == [1, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": "fast"},
        {"metrics": {"predict_time": "long"}},
        {"logs": ["a", "b"]},
        {"output": 5},
        {"output": {"a": [{"b": 3}]}},
        {"output": "http://10.0.0.1/private.png"},
        {"output": "javascript:alert(1)"},
        {"error": {"code": 3}, "status": "failed"},
    ],
    ids=str,
)
async def test_a_prediction_that_says_odd_things_ends_in_a_sentence_or_a_picture(
    remote: Remote, wrong: dict[str, object]
) -> None:
    remote.behind.held.clear()
    reference = await until_started(remote, 1)
    id = json.loads(reference)["0"]
    ended = {"id": id, "status": "succeeded", "metrics": {}, "logs": "", "output": None} | wrong
    remote.server.fail(Fault(f"/v1/predictions/{id}", 200, ended, times=99, method="GET"))
    with pytest.raises(EngineError) as failed:
        await remote.make(remote.work(resume=reference))
    assert failed.value.message.endswith(".")


async def test_an_outage_while_it_waits_loses_no_prediction(remote: Remote) -> None:
    """It is paid for, so it is asked for again until the job's own deadline."""
    remote.behind.held.clear()
    reference = await until_started(remote, 1)
    remote.behind.held.set()
    remote.server.fail(Fault("/v1/predictions/", 503, "<html>", times=12, method="GET"))
    made = await remote.make(remote.work(resume=reference))
    assert [each for each in made if isinstance(each, Output)]
    assert created(remote) == 1
