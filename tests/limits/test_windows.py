"""Windows of limits: exact, by a clock that does not step, and what was taken can be given back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis as Client
from tests.limits.test_limiter import Redis, redis

from atelier.limits.shared import SharedWindows
from atelier.limits.windows import OwnWindows, Windows

__all__ = ["redis"]  # the fixture


@dataclass(slots=True)
class Hand:
    """A clock that stands still until somebody moves it."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_a_window_lets_its_number_pass_and_empties_as_time_passes() -> None:
    hand = Hand()
    windows = OwnWindows(hand)
    assert [(await windows.take("k", 2, 60)).allowed for _ in range(3)] == [True, True, False]
    hand.at += 59
    refused = await windows.take("k", 2, 60)
    assert (refused.allowed, refused.left, refused.reset) == (False, 0, 1.0)
    hand.at += 1
    assert [(await windows.take("k", 2, 60)).allowed for _ in range(3)] == [True, True, False]


async def test_what_is_empty_is_forgotten() -> None:
    hand = Hand()
    windows = OwnWindows(hand)
    for number in range(1000):
        await windows.take(f"k{number}", 2, 60)
    hand.at += 3601
    for number in range(2000):
        hand.at += 0.1
        await windows.take(f"m{number}", 2, 60)
    assert len(windows) <= 2000


def test_a_process_counts_by_the_clock_that_nobody_sets() -> None:
    assert OwnWindows().clock is time.monotonic


@pytest.fixture(params=["own", "shared"])
async def windows(request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    if request.param == "own":
        yield OwnWindows()
        return
    shared = SharedWindows(request.getfixturevalue("redis").url, patience=30)
    yield shared
    await shared.close()


async def test_both_kinds_count_alike(windows: Windows) -> None:
    first, second, third = [await windows.take("k", 2, 60) for _ in range(3)]
    assert [(each.allowed, each.left) for each in (first, second, third)] == [(True, 1), (True, 0), (False, 0)]
    assert all(1 < each.reset <= 60 for each in (first, second, third))
    assert (await windows.take("other", 2, 60)).allowed
    await windows.give_back("k")
    assert [(await windows.take("k", 2, 60)).allowed for _ in range(2)] == [True, False]
    await windows.give_back("nobody")


@pytest.mark.parametrize("step", [-3600.0, 86_400.0])
async def test_shared_windows_do_not_ask_this_machine_for_the_time(
    redis: Redis, step: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = SharedWindows(redis.url, patience=30)
    assert [(await windows.take("k", 2, 60)).allowed for _ in range(3)] == [True, True, False]
    real: Callable[[], float] = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    after = await windows.take("k", 2, 60)
    assert not after.allowed
    assert 1 < after.reset <= 60
    await windows.close()


async def test_a_shared_window_outlives_a_step_back_of_its_servers_clock_by_no_second(redis: Redis) -> None:
    windows = SharedWindows(redis.url, patience=30)
    await windows.take("k", 1, 60)
    async with Client.from_url(redis.url) as server:
        (name,) = await server.keys("*")
        ahead = (await server.time())[0] + 3600
        await server.lset(name, 0, str(ahead))  # as if it had been taken before the clock was set back by an hour
    refused = await windows.take("k", 1, 60)
    assert not refused.allowed
    assert 1 < refused.reset <= 60
    await windows.close()
