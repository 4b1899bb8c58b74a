"""The API of jobs, as a program sees it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from tests.attacks.conftest import Endless
from tests.spine.conftest import CATALOG, new_member, wallet, working

from atelier.app import create_app
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.people import tokens
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.web.scopes import Scope

WISH = {"tool": "image.generate", "input": {"prompt": "a red boat", "count": 2}}


async def program(studio: Studio, member: UUID) -> httpx.AsyncClient:
    """A program with a member's token."""
    async with studio.web_db.transaction(Acting.member(member)) as db:
        _, secret = await tokens.create(db, member_id=member, name="program", scopes=Scope)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(studio)),
        base_url="http://127.0.0.1:8420",
        headers={"authorization": f"Bearer {secret}"},
    )


@pytest.fixture
async def api(studio: Studio, maker: UUID) -> AsyncIterator[httpx.AsyncClient]:
    async with await program(studio, maker) as client, studio.signals.running():
        yield client


async def test_a_job_from_its_wish_to_its_files(api: httpx.AsyncClient, studio: Studio) -> None:
    made = await api.post("/api/v1/jobs", json=WISH)
    assert made.status_code == 201
    job = made.json()
    assert (job["state"], job["price"], job["charged"], job["assets"]) == ("queued", 2, None, [])
    assert made.headers["location"] == f"/api/v1/jobs/{job['id']}"
    async with working(studio):
        while (job := (await api.get(f"/api/v1/jobs/{job['id']}")).json())["state"] != "succeeded":
            await asyncio.sleep(0.05)
    assert (job["charged"], job["made"], len(job["assets"])) == (2, 2, 2)
    page = (await api.get("/api/v1/jobs")).json()
    assert (page["total"], page["next"], page["items"]) == (1, None, [job])


@pytest.mark.parametrize(
    ("wish", "status", "code", "field"),
    [
        ({**WISH, "tool": "image.dream"}, 404, "unknown_tool", "tool"),
        ({**WISH, "model": "dall-e"}, 404, "unknown_model", "model"),
        ({**WISH, "input": {"prompt": ""}}, 422, "invalid_input", "prompt"),
        ({**WISH, "input": {"prompt": "a\x01"}}, 422, "invalid_input", "prompt"),
        ({**WISH, "input": {"prompt": "a", "count": 9}}, 422, "invalid_input", "count"),
        ({**WISH, "input": {"prompt": "a", "colour": 1}}, 422, "invalid_input", "colour"),
        ({**WISH, "colour": 1}, 422, "invalid_input", "colour"),
        ({"tool": "image.generate"}, 422, "invalid_input", "input"),
    ],
)
async def test_what_is_wrong_has_a_code_a_sentence_and_its_field(
    api: httpx.AsyncClient, studio: Studio, maker: UUID, wish: dict[str, object], status: int, code: str, field: str
) -> None:
    answer = await api.post("/api/v1/jobs", json=wish)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"], problem["field"]) == (status, status, code, field)
    assert problem["title"].endswith(".")
    assert await wallet(studio, maker) == (100, 0)
    assert (await api.get("/api/v1/jobs")).json()["total"] == 0


async def test_a_token_that_makes_pictures_needs_no_more_than_that(
    api: httpx.AsyncClient, studio: Studio, maker: UUID
) -> None:
    """The preset of the account page goes from the models to the files."""
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        _, secret = await tokens.create(db, member_id=maker, name="script", scopes=tokens.MAKE)
    api.headers["authorization"] = f"Bearer {secret}"
    assert [model["id"] for model in (await api.get("/api/v1/models")).json()] == ["told", "other"]
    job = (await api.post("/api/v1/jobs", json=WISH)).json()["id"]
    async with working(studio):
        assert "event: job:succeeded" in (await api.get(f"/api/v1/jobs/{job}/events")).text
    assets = (await api.get(f"/api/v1/jobs/{job}")).json()["assets"]
    for asset in assets:
        url = (await api.get(f"/api/v1/assets/{asset}")).json()["url"]
        assert (await api.get(url)).status_code == 200
    assert (await api.get("/api/v1/wallet")).json()["available"] == 98
    assert (await api.delete(f"/api/v1/assets/{assets[0]}")).json()["code"] == "insufficient_scope"
    assert (await api.get("/api/v1/me")).json()["code"] == "insufficient_scope"


async def test_too_few_credits_say_how_many(studio: Studio) -> None:
    async with await program(studio, await new_member(studio, credits=1)) as api:
        answer = await api.post("/api/v1/jobs", json=WISH)
    assert (answer.status_code, answer.json()["code"]) == (402, "not_enough_credits")
    assert (answer.json()["need"], answer.json()["have"]) == (2, 1)


async def test_a_key_makes_one_job_of_two_requests(api: httpx.AsyncClient) -> None:
    both = await asyncio.gather(
        *(api.post("/api/v1/jobs", json=WISH, headers={"Idempotency-Key": "k"}) for _ in range(2))
    )
    assert both[0].json()["id"] == both[1].json()["id"]
    other = await api.post("/api/v1/jobs", json={**WISH, "input": {"prompt": "x"}}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_key_knows_its_job_whatever_became_of_the_model(
    api: httpx.AsyncClient, studio: Studio, settings: Settings, maker: UUID
) -> None:
    wish, key = {**WISH, "model": "told"}, {"Idempotency-Key": "k"}
    first = (await api.post("/api/v1/jobs", json=wish, headers=key)).json()["id"]
    studio.catalog._lack = lambda _engine, _weights: "Its weights are gone."
    studio.catalog.look()
    assert (await api.post("/api/v1/jobs", json=wish)).json()["code"] == "model_not_ready"
    assert (await api.post("/api/v1/jobs", json=wish, headers=key)).json()["id"] == first
    (settings.home / "catalog.toml").write_text(CATALOG.replace('"told"', '"renamed"', 2))
    studio.catalog.look()
    assert (await api.post("/api/v1/jobs", json=wish)).json()["code"] == "unknown_model"
    assert (await api.post("/api/v1/jobs", json=wish, headers=key)).json()["id"] == first
    reused = await api.post("/api/v1/jobs", json=WISH, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    assert await wallet(studio, maker) == (98, 2)


async def test_a_key_of_what_is_nested_too_deep_is_refused(api: httpx.AsyncClient) -> None:
    app = api._transport.app  # type: ignore[attr-defined]
    app.state.parts = replace(app.state.parts, limiter=Endless())
    for depth in range(860, 960):  # somewhere here it can be read, and no longer be written
        nested = f'{{"tool": "image.generate", "input": {{"x": {"[" * depth}{"]" * depth}}}}}'
        sent = {"content-type": "application/json", "Idempotency-Key": "k"}
        assert (await api.post("/api/v1/jobs", content=nested, headers=sent)).status_code in (400, 422), depth


async def test_pages_of_jobs_follow_their_cursor(api: httpx.AsyncClient) -> None:
    ids = [(await api.post("/api/v1/jobs", json=WISH)).json()["id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = (await api.get(f"/api/v1/jobs?limit=2{cursor}")).json()
        assert page["total"] == 5
        seen += [job["id"] for job in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ids[::-1]
    assert (await api.get("/api/v1/jobs?state=failed")).json()["total"] == 0
    for tool, total in (("image.generate", 5), ("image.edit", 0), ("", 5)):
        assert (await api.get(f"/api/v1/jobs?tool={tool}")).json()["total"] == total
    garbage = await api.get("/api/v1/jobs?tool=%00")
    assert (garbage.status_code, garbage.json()["field"]) == (422, "tool")


async def test_cancel_twice_is_once_and_over_is_over(api: httpx.AsyncClient, studio: Studio) -> None:
    first = (await api.post("/api/v1/jobs", json=WISH)).json()["id"]
    for _ in range(2):
        assert (await api.post(f"/api/v1/jobs/{first}/cancellation")).json()["state"] == "canceled"
    second = (await api.post("/api/v1/jobs", json=WISH)).json()["id"]
    async with working(studio):
        while (await api.get(f"/api/v1/jobs/{second}")).json()["state"] != "succeeded":
            await asyncio.sleep(0.05)
    late = await api.post(f"/api/v1/jobs/{second}/cancellation")
    assert (late.status_code, late.json()["code"]) == (409, "job_over")


async def test_a_stranger_and_garbage_find_nothing(api: httpx.AsyncClient, studio: Studio) -> None:
    job = (await api.post("/api/v1/jobs", json=WISH)).json()["id"]
    async with await program(studio, await new_member(studio)) as stranger:
        for method, path in (("GET", ""), ("POST", "/cancellation"), ("GET", "/events")):
            answer = await stranger.request(method, f"/api/v1/jobs/{job}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")
        assert (await stranger.get("/api/v1/jobs")).json()["total"] == 0
    for garbage in ("x", "%00", str(new_id())):
        assert (await api.get(f"/api/v1/jobs/{garbage}")).status_code == 404
    async with httpx.AsyncClient(transport=api._transport, base_url="http://127.0.0.1:8420") as nobody:
        answer = await nobody.get("/api/v1/jobs")
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_events_tell_the_whole_story_and_resume(api: httpx.AsyncClient, studio: Studio) -> None:
    job = (await api.post("/api/v1/jobs", json=WISH)).json()["id"]
    async with working(studio):
        while (await api.get(f"/api/v1/jobs/{job}")).json()["state"] != "succeeded":
            await asyncio.sleep(0.05)
    told = parse((await api.get(f"/api/v1/jobs/{job}/events")).text)
    kinds = [kind for _, kind, _ in told]
    assert kinds == ["job:queued", "job:started", "job:succeeded"]
    rest = parse((await api.get(f"/api/v1/jobs/{job}/events", headers={"Last-Event-ID": told[0][0]})).text)
    assert [kind for _, kind, _ in rest] == kinds[1:]
    assert told[-1][2]["charged"] == 2


def parse(stream: str) -> list[tuple[str, str, dict[str, object]]]:
    """The events of a stream: id, kind, data."""
    found = []
    for block in stream.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


async def test_models_say_what_they_take_and_cost(api: httpx.AsyncClient) -> None:
    models = (await api.get("/api/v1/models?tool=image.generate")).json()
    assert [model["id"] for model in models] == ["told", "other"]
    assert models[0]["price"] == {"pictures": "1"}
    assert models[0]["input_schema"]["properties"]["steps"]["default"] == 32


async def test_the_api_describes_itself(api: httpx.AsyncClient) -> None:
    described = (await api.get("/api/v1/openapi.json")).json()
    assert described["paths"]["/api/v1/jobs"]["post"]["x-access"] == "member"


@pytest.mark.parametrize("seed", [2**53 - 1, 2**53, 2**64 - 1, "9007199254740993"])
async def test_a_large_seed_goes_in_and_out_exactly(api: httpx.AsyncClient, studio: Studio, seed: int | str) -> None:
    wish = {"tool": "image.generate", "input": {"prompt": "a red boat", "count": 1, "seed": seed}}
    made = await api.post("/api/v1/jobs", json=wish)
    assert made.status_code == 201
    told = made.json()["input"]["seed"]
    assert int(told) == int(seed)
    assert isinstance(told, str) == (int(seed) >= 2**53)  # a script would round a larger number
    again = await api.post("/api/v1/jobs", json={"tool": "image.generate", "input": made.json()["input"]})
    assert int(again.json()["input"]["seed"]) == int(seed)
