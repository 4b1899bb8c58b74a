"""The log of a whole journey: every act is in it by name, and nothing that a member wrote or holds."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI
from tests.roles import browser

from atelier.base import log
from atelier.spine import Studio

NAME, EMAIL, PASSWORD = "Mara Lindqvist", "mara.lindqvist@example.org", "Seven-red-boats-4"
PROMPT = "a vermilion fishing boat beneath the aqueduct"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, as a studio in service writes it."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    log.configure(level="DEBUG")
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_nothing_of_a_whole_journey_is_in_the_log(app: FastAPI, studio: Studio, written: io.StringIO) -> None:
    async with browser(app) as mara:
        form = {"name": NAME, "email": EMAIL, "password": PASSWORD}
        assert (await mara.post("/sign-up", data=form)).status_code == 303
        await mara.post("/sign-out")
        await mara.post("/sign-in", data={"email": EMAIL, "password": "Wrong-boats-5"})
        assert (await mara.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})).status_code == 303
        cookies = [value for name, value in mara.cookies.items()]
        member = (await mara.get("/api/v1/me")).json()["id"]
        made = await mara.post("/make/image.generate", data={"prompt": PROMPT, "count": "1"})
        assert made.status_code in (200, 303)
        await mara.get("/library", params={"q": PROMPT})
        await mara.get(f"/nothing/{EMAIL}", params={"next": PROMPT})
        token = (
            await mara.post("/api/v1/tokens", json={"name": "laptop", "scopes": ["account:read", "jobs:write"]})
        ).json()["token"]
        await _by_token(app, token)
        pair = (await mara.post("/api/v1/auth/token", json={"email": EMAIL, "password": PASSWORD})).json()
        await _by_token(app, pair["access_token"])
        for _ in range(2):  # the second time tells of a thief
            await mara.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
        await mara.post("/api/v1/auth/revocation", data={"token": pair["refresh_token"]})
        await mara.post("/account/password", data={"current": "No-boats-1", "password": "Eight-red-boats-5"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    said = written.getvalue()
    for what in (
        EMAIL,
        "mara.lindqvist",
        PASSWORD,
        "Wrong-boats-5",
        "No-boats-1",
        PROMPT,
        "vermilion",
        token,
        pair["access_token"],
        pair["refresh_token"],
        *cookies,
    ):
        assert what not in said, what
    assert NAME not in said
    answered = [line for line in lines if line["event"] == "web:answered"]
    assert len(answered) >= 10
    for line in answered:
        assert UUID(line["request"])
        assert line["ms"] >= 0
        assert line["level"] == "info"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"])
    assert sum(line.get("member") == member for line in answered) >= 5
    assert all(re.fullmatch(r"[a-z_]+:[a-z_]+", line["event"]) for line in lines if "logger" not in line)


async def _by_token(app: FastAPI, token: str) -> None:
    async with browser(app) as program:
        bearer = {"authorization": f"Bearer {token}", "accept": "application/json"}
        assert (await program.get("/api/v1/me", headers=bearer)).status_code == 200
        wish = {"tool": "image.generate", "input": {"prompt": PROMPT, "count": 99}}
        assert (await program.post("/api/v1/jobs", json=wish, headers=bearer)).status_code == 422
        wrong: httpx.Response = await program.get("/api/v1/me", headers={"authorization": f"Bearer {token}x"})
        assert wrong.status_code == 401
