"""What is refused spends nothing of the member's limit for it; and nobody can be refused without end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.roles import Person
from tests.web.test_confirmed import grow_stale
from tests.web.test_scopes import bearer

from atelier.base.db import Database
from atelier.limits.limit import REFUSED, items

JSON = {"accept": "application/json"}
WISH: dict[str, Any] = {"tool": "image.generate", "model": "sketch", "input": {"prompt": "a red boat"}}
(MOST,) = (rate.amount for rate in items(REFUSED.rates))


async def made(member: Person) -> httpx.Response:
    """The member's own run, after whatever was refused before it."""
    return await member.client.post("/api/v1/jobs", json=WISH, headers=JSON)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (422, {"json": {"tool": "image.generate"}}),  # the wrong shape
        (422, {"json": {**WISH, "input": {"prompt": ""}}}),  # the right shape, and the tool cannot take it
        (404, {"json": {**WISH, "model": "dall-e"}}),
        (422, {"content": b"{", "headers": {"content-type": "application/json"}}),
        (413, {"content": b"x" * 2_000_000, "headers": {"content-type": "application/json"}}),
        (422, {"json": WISH, "params": [("a", "1"), ("a", "2")]}),
    ],
)
async def test_a_request_that_is_refused_spends_nothing(maker: Person, status: int, sent: dict[str, Any]) -> None:
    for _ in range(12):
        answer = await maker.client.post("/api/v1/jobs", **{"headers": JSON, **sent})
        assert answer.status_code == status, answer.text
    answer = await made(maker)
    assert answer.status_code == 201
    assert '"generation";r=9' in answer.headers["ratelimit"]


async def test_a_form_that_comes_back_with_its_faults_spends_nothing(maker: Person) -> None:
    for _ in range(12):
        assert (await maker.client.post("/make/image.generate", data={"prompt": ""})).status_code == 422
    assert (await made(maker)).status_code == 201


async def test_who_cannot_pay_spends_nothing(maker: Person) -> None:
    dear = {**WISH, "input": {"prompt": "a red boat", "count": 4}}
    answers = [(await maker.client.post("/api/v1/jobs", json=dear, headers=JSON)).status_code for _ in range(20)]
    assert answers.count(201) == 5  # what twenty credits buy
    assert set(answers) == {201, 402}
    assert (await maker.client.post("/api/v1/jobs", json=dear, headers=JSON)).status_code == 402


async def test_a_token_that_may_only_read_spends_nothing_of_its_member(maker: Person, app: FastAPI) -> None:
    reads = await bearer(maker, "jobs:read")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio.test") as program:
        for _ in range(12):
            answer = await program.post("/api/v1/jobs", json=WISH, headers=JSON | reads)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert (await made(maker)).status_code == 201


async def test_who_may_not_go_there_spends_nothing_of_their_pages(maker: Person) -> None:
    for _ in range(MOST):
        assert (await maker.client.get("/console")).status_code == 403
    answer = await maker.client.get("/library")
    assert answer.status_code == 200
    assert '"pages";r=299' in answer.headers["ratelimit"]


async def test_what_waits_for_a_confirmation_spends_nothing(operator: Person, web_db: Database) -> None:
    await grow_stale(web_db, operator)
    refused = await operator.client.post("/console/models/sketch/switch", data={"on": ""}, headers=JSON)
    assert refused.json()["code"] == "confirmation_needed"
    assert '"refused"' in refused.headers["ratelimit"]


async def test_nobody_is_refused_without_end_and_others_notice_nothing(
    maker: Person, stranger: Person, app: FastAPI
) -> None:
    reads = await bearer(maker, "jobs:read")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio.test") as program:
        statuses = [(await program.post("/api/v1/jobs", json=WISH, headers=reads)).status_code for _ in range(MOST + 5)]
        assert statuses == [403] * MOST + [429] * 5
        last = await program.post("/api/v1/jobs", json=WISH, headers=reads)
        assert 1 <= int(last.headers["retry-after"]) <= 60
        assert (await program.get("/api/v1/jobs", headers=reads)).status_code == 200  # what it may it still may
    assert (await made(maker)).status_code == 201
    assert (await stranger.client.get("/console")).status_code == 403


async def test_refusals_without_end_use_up_the_limit_itself(maker: Person) -> None:
    statuses = [
        (await maker.client.post("/api/v1/jobs", json={"tool": "image.generate"}, headers=JSON)).status_code
        for _ in range(MOST + 11)
    ]
    assert statuses == [422] * (MOST + 10) + [429]


@pytest.mark.parametrize(
    "sent",
    [
        {"json": WISH},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"json": WISH, "headers": {"authorization": "Bearer at_nobody"}},
        {"json": WISH, "params": [("a", "1"), ("a", "2")]},
    ],
)
async def test_strangers_are_refused_by_their_address_and_not_without_end(
    visitor: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    visitor.headers["accept"] = "application/json"
    statuses = [(await visitor.post("/api/v1/jobs", **sent)).status_code for _ in range(MOST + 2)]
    assert statuses[-2:] == [429] * 2
    assert 429 not in statuses[:MOST]
    assert (await visitor.get("/sign-in")).status_code == 200
