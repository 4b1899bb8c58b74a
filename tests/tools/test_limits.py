"""A request to make something counts by the limit of the tool that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import httpx
import pytest
from fastapi import FastAPI, Request
from tests.roles import Person

from atelier.base.db import Acting, Database
from atelier.limits.limit import GENERAL, LIMITS
from atelier.making.limits import BY_BODY, limit_of
from atelier.people import tokens
from atelier.tools import offer, tools, withdraw
from atelier.tools.image_generate import ImageGenerate
from atelier.web.scopes import Scope


class Talk(ImageGenerate):
    """A tool that is counted as chat is."""

    id: ClassVar[str] = "test.talk"
    limit: ClassVar[str] = "chat"


@pytest.fixture(autouse=True)
def talk() -> Iterator[None]:
    offer(Talk())
    yield
    withdraw(Talk.id)


async def program(app: FastAPI, web_db: Database, person: Person) -> httpx.AsyncClient:
    async with web_db.transaction(Acting.member(person.member_id)) as db:
        _, secret = await tokens.create(db, member_id=person.member_id, name="program", scopes=Scope)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://studio.test", headers={"authorization": f"Bearer {secret}"}
    )


def counted(answer: httpx.Response) -> str:
    """The limit by which an answer says that it was counted."""
    return answer.headers["ratelimit-policy"].partition(";")[0].strip('"')


def test_each_tool_names_a_limit_that_there_is_and_the_rates_are_as_promised() -> None:
    assert {tool.limit for tool in tools().values()} <= LIMITS.keys()
    rates = {name: LIMITS[name].rates for name in ("generation", "transcription", "analysis", "chat")}
    assert rates == {
        "generation": "10/minute",
        "transcription": "20/minute",
        "analysis": "30/minute",
        "chat": "60/minute",
    }


def test_what_is_no_tool_counts_generally() -> None:
    for nothing in ("image.dream", "", None, 3, ["image.generate"], {"tool": "image.generate"}):
        assert limit_of(nothing) is GENERAL
    assert limit_of("image.generate").name == "generation"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"tool": "image.generate", "input": {"prompt": ""}}, "generation"),
        ({"tool": "test.talk", "input": {"prompt": ""}}, "chat"),
        ({"tool": "image.dream", "input": {}}, "general"),
        ({"tool": ["image.generate"], "input": {}}, "general"),
        ([], "general"),
        ("image.generate", "general"),
    ],
)
async def test_a_job_of_the_api_counts_by_its_tool(
    app: FastAPI, web_db: Database, maker: Person, body: Any, name: str
) -> None:
    async with await program(app, web_db, maker) as api:
        answer = await api.post("/api/v1/jobs", json=body)
        assert 400 <= answer.status_code < 500
        assert counted(answer) == name


async def test_a_form_counts_by_the_tool_in_its_address(maker: Person) -> None:
    for tool, name in (("image.generate", "generation"), ("test.talk", "chat"), ("image.dream", "general")):
        assert counted(await maker.client.post(f"/make/{tool}", data={"prompt": ""})) == name


async def test_one_tools_full_limit_leaves_the_others_alone(app: FastAPI, web_db: Database, maker: Person) -> None:
    limiter = app.state.parts.limiter
    for _ in range(10):
        await limiter.hit(LIMITS["generation"], f"member {maker.member_id}")
    async with await program(app, web_db, maker) as api:
        full = await api.post("/api/v1/jobs", json={"tool": "image.generate", "input": {"prompt": "x"}})
        assert full.status_code == 429
        other = await api.post("/api/v1/jobs", json={"tool": "test.talk", "input": {}})
        assert (other.status_code, other.json()["code"]) == (404, "unknown_model")


@pytest.mark.parametrize("body", [b"{", b"[" * 5000, b"\xff"])
async def test_a_body_that_cannot_be_read_counts_generally(body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    assert await BY_BODY.choose(Request(scope, receive)) is GENERAL
    with pytest.raises((ValueError, RecursionError)):
        json.loads(body)
