"""Passwords: Argon2id, slow on purpose, and never in anybody's way."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.roles import QUICK

from atelier.base.errors import Unavailable
from atelier.people import passwords as room
from atelier.people.passwords import Passwords


async def test_a_password_is_told_from_another() -> None:
    kept = await QUICK.hash("Seven-red-boats-4")
    assert kept.startswith("$argon2id$")
    assert await QUICK.check("Seven-red-boats-4", kept) == (True, None)
    assert (await QUICK.check("Seven-red-boats-5", kept))[0] is False


async def test_a_hash_of_other_strength_is_made_anew() -> None:
    kept = await QUICK.hash("Seven-red-boats-4")
    right, renewed = await Passwords(passes=2, memory_kib=16).check("Seven-red-boats-4", kept)
    assert right
    assert renewed is not None
    assert "m=16,t=2" in renewed


async def test_the_same_signs_from_two_keyboards_are_one_password() -> None:
    kept = await QUICK.hash("Caf\u00e9-Stra\u00dfe-7")
    assert (await QUICK.check("Cafe\u0301-Stra\u00dfe-7", kept))[0]


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$garbage", "plain"])
async def test_a_spoilt_hash_opens_nothing(kept: str) -> None:
    assert await QUICK.check("Seven-red-boats-4", kept) == (False, None)


async def test_a_hash_takes_long_enough_and_leaves_the_loop_free() -> None:
    ours = room.passwords
    ours_began = time.perf_counter()
    waited = 0.0
    hashing = asyncio.create_task(ours.hash("Seven-red-boats-4"))
    while not hashing.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        waited = max(waited, time.perf_counter() - began)
    took = time.perf_counter() - ours_began
    assert took > 0.03  # no machine of ours is that quick with the real parameters
    assert waited < took / 2


async def test_too_many_at_once_are_told_to_wait() -> None:
    slow = Passwords(passes=1, memory_kib=65_536)
    found = await asyncio.gather(*(slow.hash("x") for _ in range(room.WAITING + 3)), return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in found) == 3
