"""Uploads that are made to cost much: the web process stays small, and other members' uploads go on."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable
from pathlib import Path

import httpx
from tests.assets.conftest import picture
from tests.attacks.conftest import Live
from tests.media.hostile import GREY, RGBA, chunk, packed, png, tower
from tests.media.recorded import silence
from tests.roles import Person

MOST = 100_000_000  # bytes that the web process may grow by
ATTACKS: dict[str, Callable[[], bytes]] = {
    "one pixel wide and 30 million high": tower,
    "one pixel high and 30 million wide": lambda: png(30_000_000, 1, colour=GREY, raw=30_000_001, level=1),
    "deep, and interlaced": lambda: png(5000, 5000, depth=16, colour=RGBA, raw=5000 * 40_001, interlaced=True),
    "a profile that unpacks to 150 MB": lambda: png(
        8, 8, raw=200, before=[chunk(b"iCCP", b"x\0\0" + packed(150_000_000, 1))]
    ),
    "text that unpacks to 150 MB": lambda: png(
        8, 8, raw=200, before=[chunk(b"zTXt", b"x\0\0" + packed(150_000_000, 1))]
    ),
    "sixty megabytes of silence": lambda: silence(60_000_000),
    "weights with a header of 16 MB": lambda: struct.pack("<Q", 15_900_000) + b"{" + b" " * 15_899_999,
    "twenty megabytes that are no picture's": lambda: picture() + bytes(19_900_000),
}


def peak() -> int:
    """The most memory that this process, which is the web process here, had since the last `forget_peak`."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def name_of(data: bytes) -> str:
    return "x.safetensors" if data[8:9] == b"{" else "x.png"


async def send(live: Live, person: Person, data: bytes) -> int:
    cookies = {"atelier": person.secret}
    async with httpx.AsyncClient(base_url=live.address, cookies=cookies, timeout=120) as browser:
        answer = await browser.post("/api/v1/assets", files={"file": (name_of(data), data, "image/png")})
    return answer.status_code


async def test_the_web_process_stays_small_and_others_go_on(live: Live) -> None:
    attacks = {name: make() for name, make in ATTACKS.items()}
    assert await send(live, live.stranger, picture()) == 201  # everything is loaded that an upload needs
    forget_peak()
    before = peak()
    hostile = {name: asyncio.create_task(send(live, live.maker, attack)) for name, attack in attacks.items()}
    assert await send(live, live.stranger, picture()) == 201
    answers = {name: await task for name, task in hostile.items()}
    grown = peak() - before - sum(map(len, attacks.values())) // 2  # this process is the attacker too
    assert all(status in (201, 413, 415, 422) for status in answers.values()), answers
    assert grown < MOST, f"grew by {grown / 1e6:,.0f} MB"
