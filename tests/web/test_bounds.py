"""E9 and B10: bounds on what a request may bring, other sites' calls, and what browsers report."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send
from tests.roles import ORIGIN, Person

from atelier.app import create_app
from atelier.base.db import Acting
from atelier.people import tokens
from atelier.settings import BadSettings, load
from atelier.spine import Studio
from atelier.web import scopes
from atelier.web.bounds import BODY, Bounds, TooSlow

PICTURE = 25 * 1024 * 1024  # bytes, more than a picture may have
JSON = {"accept": "application/json", "content-type": "application/json"}


@pytest.mark.parametrize("query", ["limit=1&limit=2", "tool=a&tool=b", "nonsense=1&nonsense=1"])
async def test_what_is_meant_once_is_said_once(maker: Person, query: str) -> None:
    answer = await maker.client.get(f"/api/v1/jobs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "repeated_parameter")
    assert answer.json()["field"] == query.partition("=")[0]


async def test_what_is_a_list_may_be_repeated(maker: Person) -> None:
    assert (await maker.client.get("/api/v1/jobs?state=queued&state=running")).status_code == 200


async def test_a_body_is_bounded_by_what_its_route_takes(maker: Person) -> None:
    large = b'{"tool": "image.generate", "input": {"prompt": "' + b"x" * BODY + b'"}}'
    answer = await maker.client.post("/api/v1/jobs", content=large, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (BODY // 2)

    answer = await maker.client.post("/api/v1/jobs", content=unannounced(), headers=JSON)
    assert answer.status_code == 413
    upload = {"file": ("a.png", b"x" * (BODY * 2), "image/png")}
    answer = await maker.client.post("/api/v1/assets", files=upload, headers={"accept": "application/json"})
    assert answer.json()["code"] != "too_large"  # files have a bound of their own
    upload = {"file": ("a.png", b"x" * PICTURE, "image/png")}
    answer = await maker.client.post("/api/v1/assets", files=upload, headers={"accept": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"{", b"", b"null", b'"text"'])
async def test_garbage_is_refused_and_breaks_nothing(maker: Person, body: bytes) -> None:
    answer = await maker.client.post("/api/v1/jobs", content=body, headers=JSON)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] in ("bad_request", "invalid_input")


async def test_an_address_that_is_too_long_is_refused(maker: Person) -> None:
    answer = await maker.client.get("/library", params={"q": "x" * 9000})
    assert (answer.status_code, answer.json()["code"]) == (414, "address_too_long")


async def test_a_body_that_stops_coming_is_given_up() -> None:
    caught: list[BaseException] = []

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except TooSlow as error:
            caught.append(error)

    async def stalls() -> Message:
        if not sent:
            sent.append(True)
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.sleep(60)
        raise AssertionError

    sent: list[bool] = []
    scope = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b""}

    async def send(message: Message) -> None:
        raise AssertionError

    await asyncio.wait_for(Bounds(reads, patience=0.05)(scope, stalls, send), 60)
    assert len(caught) == 1


async def body_through(bounds: dict[str, float], pieces: list[bytes], pause: float) -> bytes | None:
    """The body as it arrives behind `Bounds` when its pieces come with a pause between; None if it was given up."""
    found: list[bytes] = []

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            found.append(message["body"])
            more = message["more_body"]

    coming = iter(pieces)

    async def comes() -> Message:
        await asyncio.sleep(pause)
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b""}
    try:
        await asyncio.wait_for(Bounds(reads, **bounds)(scope, comes, send), 10)
    except TooSlow:
        return None
    return b"".join(found)


async def test_a_body_of_a_byte_at_a_time_is_given_up() -> None:
    assert await body_through({"patience": 0.2, "slowest": 1000}, [b"x"] * 100_000, 0.01) is None


async def test_a_large_body_may_come_slowly() -> None:
    """It takes longer than patience, and each piece comes sooner."""
    pieces = [b"x" * 1000] * 40
    assert await body_through({"patience": 1.0, "slowest": 1000}, pieces, 0.05) == b"".join(pieces)


async def test_even_a_large_body_does_not_come_for_ever() -> None:
    bounds = {"patience": 0.2, "slowest": 1, "longest": 0.5}
    assert await body_through(bounds, [b"x" * 1000] * 100_000, 0.01) is None


async def test_who_hangs_up_in_the_middle_of_a_form_is_no_crash(app: FastAPI, maker: Person) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/make/image.generate",
        "raw_path": b"/make/image.generate",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "headers": [
            (b"host", b"studio"),
            (b"sec-fetch-site", b"same-origin"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", b"100"),
            (b"cookie", f"atelier={maker.secret}".encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }
    messages: list[Message] = [{"type": "http.request", "body": b"prompt=", "more_body": True}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    with structlog.testing.capture_logs() as logs:
        await app(scope, receive, send)
    assert [log for log in logs if log["event"] == "web:crashed"] == []


async def program(studio: Studio, member: Person, origins: tuple[str, ...]) -> httpx.AsyncClient:
    """A page of another site with a member's token."""
    async with studio.web_db.transaction(Acting.member(member.member_id)) as db:
        _, secret = await tokens.create(db, member_id=member.member_id, name="page", scopes=scopes.Scope)
    app: FastAPI = create_app(dataclasses.replace(studio, cors_origins=origins))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=ORIGIN,
        headers={"authorization": f"Bearer {secret}", "origin": "https://app.example", "sec-fetch-site": "cross-site"},
    )


async def test_only_sites_on_the_list_may_read_the_api(studio: Studio, maker: Person) -> None:
    async with await program(studio, maker, ("https://app.example",)) as page:
        answer = await page.get("/api/v1/me")
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-credentials" not in answer.headers
        asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        assert (await page.options("/api/v1/jobs", headers=asks)).status_code == 200
        elsewhere = {"origin": "https://evil.example"}
        assert "access-control-allow-origin" not in (await page.get("/api/v1/me", headers=elsewhere)).headers
        assert (await page.options("/api/v1/jobs", headers=asks | elsewhere)).status_code == 400
    async with await program(studio, maker, ()) as page:
        assert "access-control-allow-origin" not in (await page.get("/api/v1/me")).headers


@pytest.mark.parametrize("origin", ["*", "app.example", "https://app.example/path", "https://*.example"])
def test_an_origin_that_is_none_is_named(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_CORS_ORIGINS", origin)
    with pytest.raises(BadSettings, match="ATELIER_CORS_ORIGINS"):
        load()


async def test_a_report_of_a_browser_reaches_the_log_without_secrets(visitor: httpx.AsyncClient) -> None:
    old = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "https://evil.example/x?token=hush"}}
    new = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "inline"}}]
    with structlog.testing.capture_logs() as logs:
        for report in (old, new, [3], {"csp-report": 4}, "x"):
            assert (await visitor.post("/csp-reports", content=json.dumps(report))).status_code == 204
        assert (await visitor.post("/csp-reports", content=b"[" * 9000)).status_code == 204
    found = [(log["directive"], log["blocked"]) for log in logs if log["event"] == "csp:violated"]
    assert found == [("script-src", "https://evil.example"), ("img-src", "inline")]
    policy = (await visitor.get("/sign-in")).headers
    assert "report-uri /csp-reports" in policy["content-security-policy"]
    assert policy["reporting-endpoints"] == 'csp="/csp-reports"'
