"""Engines in child processes: warm between works, gone after a crash or a cancel, and never without their worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, ClassVar

import psutil
import pytest
from tests.engines.work import contents, work

from atelier.engines import (
    BadInput,
    BrokeContract,
    Crashed,
    Data,
    EngineError,
    Failed,
    Made,
    Measure,
    OutOfMemory,
    Output,
    Preview,
    Progress,
    Started,
    TextDelta,
    Usage,
    Work,
    wire,
)
from atelier.engines.child import ChildEngine
from atelier.engines.engine import Condition, Standing
from atelier.engines.local.sketch_engine import SketchEngine

HERE = "tests.engines.test_child"


EVERYTHING: list[Made] = [
    Preview(0, b"\0small", "image/webp"),
    TextDelta("é\n"),
    Data([1, {"a": None}]),
    Measure("loss", 3, 0.25),
    Started("prediction-1"),
    Usage({"tokens": 3}, {"usd_micro": 5}),
]


class Gated(EngineError):
    code, retry = "gated", True


class Obedient:
    """Does what its prompt says, in the child."""

    served: ClassVar[int] = 0

    def report(self) -> dict[str, Any]:
        return {"gpu": 5, "plan": "told"}

    def make(self, work: Work) -> Iterator[Made]:
        type(self).served += 1
        yield Progress(0, 1, 2)
        match work.input["prompt"]:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "refuse":
                raise BadInput("Not that.")
            case "break":
                raise ValueError("a bug")
            case "hang":
                while True:
                    signal.pause()
            case "go on and on":
                for step in range(10_000):
                    time.sleep(0.02)
                    yield Progress(0, step, 10_000)
            case "two, and no memory for the second" if not work.lower:
                yield work.output(0, b"first", "text/plain")
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            case "two, and no memory for the second":
                yield work.output(0, b"again", "text/plain")
                yield work.output(1, b"second", "text/plain", {"lower": work.lower, "served": self.served})
                return
            case "no memory":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            case "no memory after a text":
                yield TextDelta("Once")
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            case "no room":
                raise OSError(28, "No space left on device")
            case "own error":
                raise Gated("Accept the licence first.")
            case "long":
                yield Data({"words": "x" * 300_000})
            case "nonsense":
                yield "a picture"  # type: ignore[misc]  # what an engine must not do
            case "not json":
                yield Data({"when": object()})
            case "everything":
                yield from EVERYTHING
            case "print":
                print("a library that talks")  # noqa: T201 - the test is that it does no harm
        given = work.files.get("picture")
        data = given[0].path.read_bytes() if given else b"made"
        yield work.output(0, data, "text/plain", {"seed": self.served})
        yield Usage({"seconds": 1})


@pytest.fixture
async def engine() -> AsyncIterator[ChildEngine]:
    made = ChildEngine(f"{HERE}:Obedient")
    yield made
    await made.close()


async def run(engine: ChildEngine, prompt: str, **files: bytes) -> list[Made]:
    return [made async for made in engine.make(work("t", {"prompt": prompt}, files=files))]


async def test_a_child_does_its_work_and_stays_warm(engine: ChildEngine) -> None:
    first = await run(engine, "go", picture=b"\x00\n{binary")
    assert [first[0], first[2]] == [Progress(0, 1, 2), Usage({"seconds": 1})]
    assert isinstance(first[1], Output)
    assert (first[1].position, first[1].content_type, first[1].settings) == (0, "text/plain", {"seed": 1})
    assert contents(first[1]) == b"\x00\n{binary"
    pids = engine.pids
    again = await run(engine, "print")
    assert contents(again[1]) == b"made"
    assert engine.pids == pids


async def test_two_works_at_once_have_two_children(engine: ChildEngine) -> None:
    await asyncio.gather(run(engine, "go"), run(engine, "go"))
    assert len(engine.pids) == 2


async def test_a_refusal_is_the_members_and_the_child_goes_on(engine: ChildEngine) -> None:
    await run(engine, "go")
    pids = engine.pids
    with pytest.raises(BadInput, match=r"Not that\."):
        await run(engine, "refuse")
    assert engine.pids == pids
    assert len(await run(engine, "go")) == 3


async def test_a_crash_ends_one_work_and_the_next_gets_a_new_child(engine: ChildEngine) -> None:
    with pytest.raises(Crashed):
        await run(engine, "die")
    assert engine.pids == []
    assert len(await run(engine, "go")) == 3


@pytest.mark.parametrize(
    ("prompt", "error", "retry"),
    [("break", Failed, False), ("no room", Crashed, True), ("own error", EngineError, True)],
)
async def test_an_error_says_whether_another_attempt_can_help(
    engine: ChildEngine, prompt: str, error: type[EngineError], retry: bool
) -> None:
    with pytest.raises(error) as raised:
        await run(engine, prompt)
    assert raised.value.retry is retry
    assert len(await run(engine, "go")) == 3


async def test_where_memory_runs_out_a_fresh_child_takes_less_and_nothing_comes_twice(engine: ChildEngine) -> None:
    await run(engine, "go")
    (pid,) = engine.pids
    made = await run(engine, "two, and no memory for the second")
    outputs = [each for each in made if isinstance(each, Output)]
    assert [each.position for each in outputs] == [0, 1]
    assert outputs[1].settings == {"lower": 1, "served": 1}  # the first work of its child
    assert engine.pids != [pid]


@pytest.mark.parametrize("prompt", ["no memory", "no memory after a text"])
async def test_memory_that_runs_out_twice_or_after_what_cannot_be_taken_back_fails_and_says_so(
    engine: ChildEngine, prompt: str
) -> None:
    made: list[Made] = []

    async def go() -> None:
        async for each in engine.make(work("t", {"prompt": prompt})):
            made.append(each)

    with pytest.raises(OutOfMemory, match="Ask for a smaller size"):
        await go()
    assert made == ([Progress(0, 1, 2)] * 2 if prompt == "no memory" else [Progress(0, 1, 2), TextDelta("Once")])
    assert engine.pids == []


async def test_an_engine_says_how_it_is(engine: ChildEngine) -> None:
    seen: list[tuple[Condition, int]] = []

    async def do(prompt: str) -> None:
        async for made in engine.make(work("t", {"prompt": prompt})):
            if isinstance(made, Output):
                seen.append((engine.standing().condition, engine.standing().children))

    assert engine.standing() == Standing(Condition.RESTING)
    async with aclosing(engine.make(work("t", {"prompt": "go"}))) as making:
        starting = asyncio.ensure_future(anext(making))
        while engine.standing().condition is not Condition.STARTING:
            await asyncio.sleep(0)
        await starting
    await do("go")
    assert seen == [(Condition.BUSY, 1)]
    ready = engine.standing()
    assert (ready.condition, ready.children, ready.gpu, ready.plan) == (Condition.READY, 1, 5, "told")
    assert ready.memory > 1_000_000
    await do("two, and no memory for the second")
    assert engine.standing().condition is Condition.DEGRADED
    await do("go")
    assert engine.standing().condition is Condition.READY
    with pytest.raises(Crashed):
        await do("die")
    assert engine.standing() == Standing(Condition.FAILED)
    with pytest.raises(OutOfMemory):
        await do("no memory")
    assert engine.standing().condition is Condition.FAILED
    await do("go")
    assert engine.standing().condition is Condition.READY


async def test_an_error_that_only_the_engine_knows_keeps_its_code(engine: ChildEngine) -> None:
    with pytest.raises(EngineError) as raised:
        await run(engine, "own error")
    assert (raised.value.code, raised.value.message) == ("gated", "Accept the licence first.")


async def test_a_long_head_is_no_crash(engine: ChildEngine) -> None:
    (_, data, _, _) = await run(engine, "long")
    assert isinstance(data, Data)
    assert len(data.value["words"]) == 300_000


@pytest.mark.parametrize("prompt", ["nonsense", "not json"])
async def test_what_no_engine_makes_breaks_the_contract_and_ends_the_child(engine: ChildEngine, prompt: str) -> None:
    with pytest.raises(BrokeContract):
        await run(engine, prompt)
    assert len(await run(engine, "go")) == 3


def test_what_a_library_printed_is_no_message() -> None:
    with pytest.raises(BrokeContract):
        wire.sizes(b"Segmenta")
    with pytest.raises(BrokeContract):
        wire.unpack(b"tion fault (core dumped)")


async def test_everything_that_an_engine_can_make_comes_through_whole(engine: ChildEngine) -> None:
    made = [each for each in await run(engine, "everything") if not isinstance(each, Output)]
    assert made[1:-1] == EVERYTHING


async def test_a_canceled_work_that_hangs_leaves_no_child(engine: ChildEngine) -> None:
    began = asyncio.Event()

    async def hang() -> None:
        async for _ in engine.make(work("t", {"prompt": "hang"})):
            began.set()

    task = asyncio.create_task(hang())
    await began.wait()
    (pid,) = engine.pids
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(60):  # left alone it would hang for ever
            await task
    assert not psutil.pid_exists(pid)


async def test_a_consumer_that_leaves_stops_the_work(engine: ChildEngine) -> None:
    async with aclosing(engine.make(work("t", {"prompt": "hang"}))) as making:
        async for _ in making:
            break
    assert engine.pids == []


async def test_a_child_that_leaves_its_work_when_told_stays_warm(engine: ChildEngine) -> None:
    async with aclosing(engine.make(work("t", {"prompt": "go on and on"}))) as making:
        async for _ in making:
            break
    (pid,) = engine.pids
    assert (await run(engine, "go"))[-1] == Usage({"seconds": 1})
    assert engine.pids == [pid]


async def test_a_stop_that_comes_too_late_stops_nothing_else(engine: ChildEngine) -> None:
    async with aclosing(engine.make(work("t", {"prompt": "go"}))) as making:
        async for made in making:
            if isinstance(made, Usage):
                break  # all is made, and the child says that it is done while we say that it may stop
    assert len(await run(engine, "go")) == 3


def test_what_the_worker_says_comes_out_as_it_went_in() -> None:
    sent = work("t", {"count": 1}, weights="/somewhere", family="flux", files={"image": b"a", "mask": b""}, resume="r")
    message = wire.pack_work(sent, 7)
    head, blob = wire.sizes(message[: wire.SIZES.size])
    assert (blob, wire.unpack_work(wire.unpack(message[wire.SIZES.size :]))) == (0, sent)
    assert head == len(message) - wire.SIZES.size


async def test_an_idle_child_gives_its_memory_back() -> None:
    engine = ChildEngine(f"{HERE}:Obedient", idle=0.1)
    await run(engine, "go")
    (pid,) = engine.pids
    async with asyncio.timeout(60):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)
    assert engine.pids == []
    assert len(await run(engine, "go")) == 3
    await engine.close()


def test_a_child_dies_with_its_worker() -> None:
    script = (
        "import asyncio\nfrom tests.engines.work import work\nfrom atelier.engines.child import ChildEngine\n"
        f"async def main():\n e = ChildEngine('{HERE}:Obedient')\n"
        " async for _ in e.make(work('t', {'prompt': 'hang'})):\n  print(*e.pids, flush=True)\n"
        "asyncio.run(main())"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    worker.kill()
    worker.wait()
    worker.stdout.close()
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        signal.sigtimedwait([], 0.05)
    pytest.fail("the child outlived its worker")


def test_the_sketch_engine_paints_each_picture_with_a_seed_of_its_own() -> None:
    wish = {"prompt": "a red boat", "count": 2, "seed": 2**31 - 1, "aspect_ratio": "9:16", "format": "webp"}
    made = list(SketchEngine().make(work("image.generate", wish)))
    outputs = [each for each in made if isinstance(each, Output)]
    assert [(each.position, each.settings["seed"], each.content_type) for each in outputs] == [
        (0, 2**31 - 1, "image/webp"),
        (1, 0, "image/webp"),
    ]
    assert contents(outputs[0]) != contents(outputs[1])
    steps = [each.step for each in made if isinstance(each, Progress) and each.position == 0]
    assert steps == sorted(steps)
    assert steps[-1] == 32


def test_the_sketch_engine_cannot_do_what_it_cannot() -> None:
    with pytest.raises(BadInput):
        list(SketchEngine().make(work("video.generate", {"prompt": "x"})))
