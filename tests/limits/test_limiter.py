"""Limits: counted for each caller, settable by the operator, shared by Redis, and never failing open."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atelier.base.errors import TooMany
from atelier.limits import Limit, Limiter, parse_rates
from atelier.limits.limit import GENERATION, NONE

THREE = Limit("three", "3/minute")


async def allowed(limiter: Limiter, who: str, times: int = 5) -> int:
    """How many of `times` uses pass."""
    passed = 0
    for _ in range(times):
        try:
            await limiter.hit(THREE, who)
            passed += 1
        except TooMany as refused:
            assert 1 <= refused.seconds <= 60
    return passed


async def test_each_caller_has_their_own_count() -> None:
    limiter = Limiter()
    assert await allowed(limiter, "maker") == 3
    assert await allowed(limiter, "stranger") == 3
    await limiter.hit(NONE, "maker")


async def test_the_operators_rate_goes_first() -> None:
    assert await allowed(Limiter(rates={"three": "1/minute"}), "maker") == 1
    assert Limiter(rates=parse_rates("generation=20/minute, sign_up = 9/hour")).rates(GENERATION) == "20/minute"


@pytest.mark.parametrize("written", ["generation", "generation=", "generation=lots", "dreams=1/minute", "=1/minute"])
def test_a_rate_that_cannot_be_is_named(written: str) -> None:
    with pytest.raises(ValueError, match=r"no limit|is no rate"):
        parse_rates(written)


class Redis:
    """A real server on a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("redis did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    assert shutil.which("redis-server"), "bin/check installs redis-server"
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


async def test_two_processes_share_one_count(redis: Redis) -> None:
    one, other = Limiter(redis.url), Limiter(redis.url)
    assert await allowed(one, "maker", 2) == 2
    assert await allowed(other, "maker") == 1
    assert not one.degraded


async def test_a_lost_redis_is_said_and_each_process_goes_on_counting(redis: Redis) -> None:
    limiter = Limiter(redis.url, retry=0.1)
    assert await allowed(limiter, "maker", 1) == 1
    redis.stop()
    assert await allowed(limiter, "maker") == 3
    assert limiter.degraded
    redis.start()
    time.sleep(0.2)
    await limiter.hit(THREE, "somebody")
    assert not limiter.degraded
