"""Methods as RFC 9110 has them: HEAD wherever GET is, OPTIONS and Allow; and which origins may write."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from tests.roles import ORIGIN, Person

from atelier.web.routes import rules


async def test_head_is_get_without_the_body_everywhere(app: FastAPI, maker: Person, visitor: httpx.AsyncClient) -> None:
    tried = 0
    for route, _ in rules(app):
        if "GET" not in (route.methods or ()) or route.path_format.endswith("/live") or "{" in route.path_format:
            continue
        tried += 1
        for client in (maker.client, visitor):
            client.headers["accept"] = "application/json"
            full, head = await client.get(route.path_format), await client.head(route.path_format)
            assert head.status_code == full.status_code, route.path_format
            assert head.content == b""
            assert head.headers.get("content-type") == full.headers.get("content-type")
            assert "content-length" not in full.headers or int(head.headers["content-length"]) >= 0
    assert tried >= 40


async def test_head_of_a_file_says_its_length(app: FastAPI, visitor: httpx.AsyncClient) -> None:
    url = app.state.parts.templates.static.url("studio.css")
    full, head = await visitor.get(url), await visitor.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == full.headers["content-length"]


async def test_head_of_a_stream_ends(maker: Person) -> None:
    async with asyncio.timeout(5):
        answer = await maker.client.head("/live")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/jobs", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/assets/0", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/sign-in", "GET, HEAD, OPTIONS, POST"),
        ("/library/uploads", "GET, HEAD, OPTIONS, POST"),  # GET: a picture of that id
    ],
)
async def test_an_address_names_all_its_methods(visitor: httpx.AsyncClient, path: str, methods: str) -> None:
    refused = await visitor.request("PUT", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)
    asked = await visitor.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, methods, b"")


async def test_static_files_take_get_and_head(app: FastAPI, visitor: httpx.AsyncClient) -> None:
    url = app.state.parts.templates.static.url("studio.css")
    assert (await visitor.post(url)).headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await visitor.options(url)).status_code == 204


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"origin": ORIGIN}, False),
        ({"origin": f"{ORIGIN}:80"}, False),
        ({"origin": ORIGIN.replace("http://", "https://")}, True),
        ({"origin": f"{ORIGIN}:8420"}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"referer": f"{ORIGIN}/sign-in?next=/"}, False),
        ({"referer": "https://studio.test/sign-in"}, True),
        ({"referer": "http://evil.example/http://studio.test/"}, True),
        ({"referer": "nonsense"}, True),
        ({}, False),
        ({"host": "127.0.0.1:8420", "origin": "http://127.0.0.1:8420"}, False),
        ({"host": "127.0.0.1:8420", "origin": "https://127.0.0.1:8420"}, True),
        ({"host": "127.0.0.1:8420", "origin": "http://127.0.0.1"}, True),
    ],
)
async def test_a_writes_origin_is_scheme_host_and_port(
    visitor: httpx.AsyncClient, headers: dict[str, str], refused: bool
) -> None:
    answer = await visitor.post("/sign-out", headers={"accept": "application/json", **headers})
    assert (answer.status_code == 403 and answer.json()["code"] == "cross_site") is refused
