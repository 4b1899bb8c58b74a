"""A disk that is full costs nobody a credit, and work goes on when there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import Scene

pytestmark = pytest.mark.fault


@pytest.fixture
def full(scene: Scene) -> Iterator[Path]:
    """The store on a disk of 64 KB. Only root can mount one; a folder alone cannot be given a size."""
    files = scene.place.home / "files"
    files.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(files)], capture_output=True)
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.decode().strip()}")
    yield files
    scene.place.stop()
    subprocess.run(["umount", str(files)], check=True)


async def test_a_full_disk_fails_the_job_and_gives_the_credits_back(scene: Scene, full: Path) -> None:
    credits = await scene.credits()
    scene.place.start("worker")
    ended = await scene.until(await scene.begin(count=2), "failed", "succeeded")
    assert (ended.state, ended.error_code, ended.charged) == ("failed", "storage_full", 0)
    assert ended.attempt == 3
    assert await scene.credits() == credits
    assert [path for path in full.rglob("*") if path.is_file()] == []

    subprocess.run(["mount", "-o", "remount,size=64m", str(full)], check=True)
    ended = await scene.until(await scene.begin(count=1), "failed", "succeeded")
    assert (ended.state, ended.charged) == ("succeeded", 1)
    assert await scene.credits() == credits - 1
