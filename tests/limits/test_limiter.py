"""Limits: counted for each caller, settable by the operator, shared by Redis, and never failing open."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from atelier.base.errors import TooMany
from atelier.limits import Limit, Limiter, Reached, Standing, parse_rates
from atelier.limits.headers import put
from atelier.limits.limit import GENERATION, LIMITS, NONE
from atelier.limits.network import network, parse_networks, plain, within
from atelier.web.routes import rules

THREE = Limit("three", "3/minute")


def test_the_operator_can_set_the_limit_of_every_route(app: FastAPI) -> None:
    for route, rule in rules(app):
        assert rule.limit == NONE or LIMITS.get(rule.limit.name) == rule.limit, route.path


async def allowed(limiter: Limiter, who: str, times: int = 5) -> int:
    """How many of `times` uses pass."""
    passed = 0
    waits = []
    for _ in range(times):
        try:
            await limiter.hit(THREE, who)
            passed += 1
        except TooMany as refused:
            waits.append(refused.seconds)
    assert all(1 <= wait <= 60 for wait in waits)
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
    assert await allowed(limiter, "maker") == 1  # half of three: the other processes go on counting as well
    assert limiter.degraded
    assert [rate.amount for rate in limiter.in_force(THREE)] == [1]
    redis.start()
    until = time.monotonic() + 60
    while limiter.degraded:
        assert time.monotonic() < until
        await limiter.hit(THREE, f"somebody at {time.monotonic()}")
        await asyncio.sleep(0.02)
    assert [rate.amount for rate in limiter.in_force(THREE)] == [3]


async def test_a_redis_that_hangs_holds_nobody_up(redis: Redis) -> None:
    limiter = Limiter(redis.url, retry=60)
    await limiter.hit(THREE, "maker")
    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(60):  # it is stopped and would never answer
        assert await allowed(limiter, "maker") == 1
    assert limiter.degraded


async def test_a_hit_says_where_its_caller_stands(redis: Redis) -> None:
    for limiter in (Limiter(), Limiter(redis.url)):
        first = (await limiter.hit(THREE, "maker"))[0]
        assert (first.name, first.quota, first.window, first.left) == ("three", 3, 60, 2)
        assert 55 <= first.reset <= 60
        await limiter.hit(THREE, "maker")
        await limiter.hit(THREE, "maker")
        with pytest.raises(Reached) as refused:
            await limiter.hit(THREE, "maker")
        assert refused.value.standings[0].left == 0
        assert 55 <= refused.value.seconds <= 60


def test_standings_are_said_as_the_draft_has_them() -> None:
    headers: dict[str, str] = {}
    put(headers, [Standing("sign_up", 3, 3600, 2, 3590), Standing("sign_up", 9, 86400, 8, 86390)])
    assert headers["RateLimit-Policy"] == '"sign_up";q=3;w=3600, "sign_up-2";q=9;w=86400'
    assert headers["RateLimit"] == '"sign_up";r=2;t=3590, "sign_up-2";r=8;t=86390'
    put(headers, [])
    assert len(headers) == 2


@pytest.mark.parametrize(
    ("written", "address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("audit", "audit", "audit"),
        ("x\n" * 100, "x" * 60, "x" * 60),
    ],
)
def test_one_party_is_counted_once(written: str, address: str, counted: str) -> None:
    assert plain(written) == address
    assert network(written) == counted


def test_networks_are_named_as_addresses_or_networks() -> None:
    trusted = parse_networks("10.0.0.1, 172.16.0.0/12,fd00::/8")
    inside = ("10.0.0.1", "172.16.0.9", "172.31.255.255", "fd12::1")
    assert all(within(each, trusted) for each in inside)
    assert not any(within(each, trusted) for each in ("10.0.0.2", "172.32.0.1", "fe80::1", "unknown", ""))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("proxy", "neither an IP address nor a network"),
        ("172.16.0.0/33", "neither an IP address nor a network"),
        ("172.16.0.1/12", "the network itself is 172.16.0.0/12"),
    ],
)
def test_a_network_that_is_none_is_named(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_networks(f"10.0.0.1, {written}")
