"""The processes that open files: bounded, fair, without secrets, and gone when they are not needed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.assets.conftest import picture
from tests.media.recorded import silence

from atelier.media.channel import send
from atelier.media.pool import Pool
from atelier.media.refusals import PictureBomb, PictureDamaged


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.close()


async def bring(pool: Pool, data: bytes, owner: str = "maker") -> dict[str, object]:
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(data)
        return await pool.run(owner, "bring_picture", files)


async def record(pool: Pool) -> dict[str, object]:
    """Have a minute of silence opened, for which the child starts a program several times."""
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(silence(5_000_000))
        return await pool.run("maker", "bring_recording", files, {"content_type": "audio/wav", "limits": {}})


async def gone(pid: int) -> None:
    async with asyncio.timeout(30):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)


async def test_a_child_starts_when_it_is_needed_and_opens_file_after_file(pool: Pool) -> None:
    assert pool.pids == []
    for _ in range(3):
        assert (await bring(pool, picture()))["width"] == 90
    assert len(pool.pids) == 1


async def test_a_child_does_not_have_the_whole_application_nor_its_secrets(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_SECRET", "a-secret-of-the-studio")
    await bring(pool, picture())
    (pid,) = pool.pids
    child = psutil.Process(pid)
    assert not any("ATELIER" in name for name in child.environ())
    assert child.memory_info().rss < 60_000_000
    assert child.nice() > psutil.Process().nice()


async def test_what_needs_more_memory_than_a_child_may_have_is_refused(pool: Pool) -> None:
    tight = Pool(memory=120_000_000)
    try:
        with pytest.raises(PictureBomb, match="memory"):
            await bring(tight, picture(size=(6000, 6000)))
        assert (await bring(tight, picture()))["width"] == 90  # by another child
    finally:
        tight.close()


async def test_a_child_that_dies_at_a_file_costs_that_file_alone(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    await bring(pool, picture())
    (pid,) = pool.pids
    psutil.Process(pid).suspend()  # it would never come to an end
    sent = threading.Event()

    def and_tell(*given: Any) -> None:
        send(*given)
        sent.set()

    monkeypatch.setattr("atelier.media.pool.send", and_tell)
    stuck = asyncio.create_task(bring(pool, picture()))
    await asyncio.to_thread(sent.wait, 60)
    psutil.Process(pid).kill()
    with pytest.raises(PictureBomb):
        await stuck
    assert (await bring(pool, picture()))["width"] == 90
    assert pid not in pool.pids


async def test_a_child_that_died_while_it_waited_is_replaced(pool: Pool) -> None:
    await bring(pool, picture())
    (pid,) = pool.pids
    psutil.Process(pid).kill()
    await gone(pid)
    assert (await bring(pool, picture()))["width"] == 90


async def test_what_does_not_end_is_given_up() -> None:
    hasty = Pool(longest=0.0001)
    try:
        with pytest.raises(PictureBomb):
            await bring(hasty, picture())
    finally:
        hasty.close()


async def test_a_child_without_work_ends() -> None:
    brief = Pool(idle=0.05)
    await bring(brief, picture())
    for pid in brief.pids:
        await gone(pid)
    async with asyncio.timeout(30):
        while brief.pids:
            await asyncio.sleep(0.02)
    assert (await bring(brief, picture()))["width"] == 90
    brief.close()


async def test_who_gives_up_leaves_the_place_to_others(pool: Pool) -> None:
    waiting = [asyncio.create_task(bring(pool, picture(size=(2000, 2000)))) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    assert (await bring(pool, picture()))["width"] == 90


async def test_an_owner_has_one_place_at_a_time(pool: Pool) -> None:
    await asyncio.gather(*(bring(pool, picture()) for _ in range(6)))
    assert len(pool.pids) <= 2
    with pytest.raises(PictureDamaged):
        await bring(pool, picture()[:-40])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child ends at its next file")
async def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = """
import asyncio, sys, tempfile
from atelier.media.channel import send
from atelier.media.pool import Pool
async def main():
    pool, files = Pool(), [tempfile.TemporaryFile() for _ in range(3)]
    files[0].write(open(sys.argv[1], "rb").read())
    await pool.run("maker", "bring_picture", files)
    print(pool.pids[0], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    file = tmp_path / "x.png"
    file.write_bytes(picture())
    parent = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, env=dict(os.environ))
    assert parent.stdout is not None
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await gone(pid)


@pytest.mark.parametrize("end", ["the child is killed", "the pool is closed"])
async def test_a_program_that_a_child_waits_for_ends_with_it(pool: Pool, end: str) -> None:
    await bring(pool, picture())
    (pid,) = pool.pids
    waiting = asyncio.create_task(record(pool))
    program: psutil.Process | None = None
    async with asyncio.timeout(30):
        while program is None:
            await asyncio.sleep(0)
            for each in psutil.Process(pid).children():
                with suppress(psutil.NoSuchProcess):
                    each.suspend()  # it would never come to an end
                    program = each
    if end == "the child is killed":
        psutil.Process(pid).kill()
    else:
        pool.close()
    with pytest.raises(PictureBomb):
        await waiting
    await gone(program.pid)


async def test_silence_is_a_flat_waveform(pool: Pool) -> None:
    assert (await record(pool))["measures"] == {
        "seconds": 56.69,
        "codec": "pcm_s16le",
        "channels": 1,
        "sample_rate": 44100,
        "peaks": [0] * 200,
    }
