"""`/api/v1/assets`, for the maker's programs and for the stranger's."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from tests.assets.conftest import SETTINGS, Put, picture
from tests.roles import Person

JSON = {"accept": "application/json"}


async def test_list_get_change_delete_restore(maker: Person, put: Put) -> None:
    client = maker.client
    made = [await put(maker, f"Boat {n}", position=n) for n in range(3)]
    first = (await client.get("/api/v1/assets?limit=2")).json()
    assert [item["title"] for item in first["items"]] == ["Boat 2", "Boat 1"]
    assert first["total"] == 3
    rest = (await client.get(f"/api/v1/assets?limit=2&cursor={first['next']}")).json()
    assert ([item["title"] for item in rest["items"]], rest["next"], rest["total"]) == (["Boat 0"], None, 3)

    address = f"/api/v1/assets/{made[0].id}"
    asset = (await client.get(address)).json()
    assert asset["settings"] == SETTINGS
    assert asset["url"].startswith("http://studio.test/files/")
    assert (await client.get(asset["thumb_url"])).headers["content-type"] == "image/webp"

    changed = (await client.patch(address, json={"favourite": True, "title": "Zeppelin"})).json()
    assert (changed["favourite"], changed["title"]) == (True, "Zeppelin")
    assert (await client.get("/api/v1/assets?q=zepp&favourite=true")).json()["total"] == 1
    assert (await client.patch(address, json={"path": "/etc/passwd"})).status_code == 422
    assert (await client.patch(address, json={"title": "  "})).json()["code"] == "bad_title"

    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address, headers=JSON)).json()["code"] == "not_found"
    assert (await client.delete(address)).status_code == 404
    assert (await client.post(f"{address}/restoration")).json()["deleted_at"] is None

    ids = [str(each.id) for each in made]
    gone = (await client.post("/api/v1/assets/deletions", json={"ids": ids})).json()
    assert gone["assets"] == 3
    assert (await client.get("/api/v1/assets")).json()["total"] == 0
    back = await client.post("/api/v1/assets/restorations", json={"deletion": gone["deletion"]})
    assert back.json() == {"assets": 3}


async def test_an_upload_with_a_title(maker: Person) -> None:
    answer = await maker.client.post(
        "/api/v1/assets", files={"file": ("x.webp", picture("WEBP"), "image/webp")}, data={"title": "My\nboat"}
    )
    assert answer.status_code == 201
    asset = answer.json()
    assert answer.headers["location"] == f"/api/v1/assets/{asset['id']}"
    assert (asset["title"], asset["source"], asset["job"]) == ("My boat", "uploaded", None)
    assert (await maker.client.get("/api/v1/assets?source=uploaded")).json()["total"] == 1


async def test_a_stranger_meets_nothing(maker: Person, stranger: Person, visitor: httpx.AsyncClient, put: Put) -> None:
    asset = await put(maker)
    address = f"/api/v1/assets/{asset.id}"
    client = stranger.client
    answers = [
        await client.get(address),
        await client.patch(address, json={"title": "Mine"}),
        await client.delete(address),
        await client.post(f"{address}/restoration"),
    ]
    missing = await client.get("/api/v1/assets/00000000-0000-7000-8000-000000000000")
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == missing.json()  # a foreign asset looks like none
    gone = await client.post("/api/v1/assets/deletions", json={"ids": [str(asset.id)]})
    assert gone.json() == {"deletion": "", "assets": 0}
    assert (await client.get("/api/v1/assets")).json()["total"] == 0
    assert (await visitor.get(address)).status_code == 401
    assert (await maker.client.get(address)).json()["title"] == asset.title


async def test_bad_questions_have_answers(maker: Person) -> None:
    for query in ("kind=painting", "limit=0", "limit=201", "cursor=x", "sort=best", f"q={'x' * 201}"):
        answer = await maker.client.get(f"/api/v1/assets?{query}", headers=JSON)
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"
    many = ["00000000-0000-7000-8000-000000000000"] * 501
    bodies: list[dict[str, list[str]]] = [{"ids": []}, {"ids": ["x"]}, {"ids": many}, {}]
    for body in bodies:
        assert (await maker.client.post("/api/v1/assets/deletions", json=body)).status_code == 422
    for stamp in ("x", "-1", "٣", "99999999999999999"):
        answer = await maker.client.post("/api/v1/assets/restorations", json={"deletion": stamp})
        assert answer.status_code in (200, 422), stamp
        assert answer.status_code == 422 or answer.json() == {"assets": 0}
    assert (await maker.client.get("/api/v1/assets?q=%00&tool=%00")).json()["total"] == 0


def test_the_schema_shows_an_example_of_each_answer(app: FastAPI) -> None:
    schema = app.openapi()
    for name in ("AssetView", "AssetPage", "AssetChange", "Deleted", "Restored"):
        assert schema["components"]["schemas"][name]["examples"], name
    body = schema["paths"]["/api/v1/assets"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert body["schema"]["required"] == ["file"]


@pytest.mark.parametrize(("title", "sentence"), [("x" * 2001, "at most 2,000 characters"), ("\u200b", "visible")])
async def test_a_title_has_one_rule_at_every_door(maker: Person, put: Put, title: str, sentence: str) -> None:
    asset = await put(maker)
    client, file = maker.client, {"file": ("x.png", picture(), "image/png")}
    refusals = [
        await client.post("/api/v1/assets", headers=JSON, files=file, data={"title": title}),
        await client.post("/library/uploads", headers=JSON, files=file, data={"title": title}),
        await client.patch(f"/api/v1/assets/{asset.id}", headers=JSON, json={"title": title}),
    ]
    for refused in refusals:
        told = refused.json()
        assert (refused.status_code, told["code"], told["field"]) == (422, "bad_title", "title")
        assert sentence in told["title"]
    assert (await maker.client.get("/api/v1/assets")).json()["total"] == 1
