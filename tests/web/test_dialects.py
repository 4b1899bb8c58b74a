"""A foreign API's routes answer every error as that API's programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from atelier.base.errors import NotFound, Unavailable
from atelier.limits import Limit, Per
from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.dialects import Failure
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

ONE = Limit("one", "1/minute", Per.ADDRESS)


class Ask(BaseModel):
    model: str
    n: int = 1


def openai_like(failure: Failure) -> tuple[int, Mapping[str, Any]]:
    kinds = {401: "authentication_error", 404: "not_found_error", 422: "invalid_request_error", 429: "rate_limit_error"}
    kind = kinds.get(failure.status, "server_error" if failure.status >= 500 else "invalid_request_error")
    error = {"message": failure.message, "type": kind, "param": failure.field, "code": failure.code}
    return 400 if failure.status == 422 else failure.status, {"error": error}


def replicate_like(failure: Failure) -> tuple[int, Mapping[str, Any]]:
    body = {"title": failure.code, "detail": failure.message, "status": failure.status}
    fields = [{"field": failure.field, "detail": failure.message}] if failure.field else []
    return failure.status, body | ({"invalid_fields": fields} if fields else {})


def room(prefix: str, dialect: Any) -> Routes:
    routes = Routes(prefix=prefix, dialect=dialect)

    @routes.post("/things", access=Access.PUBLIC, limit=GENERAL)
    async def make(ask: Ask) -> dict[str, str]:
        if ask.model == "busy":
            raise Unavailable("Nothing answers just now.")
        if ask.model == "broken":
            raise RuntimeError("a secret cause")
        raise NotFound("model", f"There is no model {ask.model}.")

    @routes.get("/once", access=Access.PUBLIC, limit=ONE)
    async def once() -> dict[str, str]:
        return {}

    @routes.get("/mine", access=Access.MEMBER, limit=GENERAL, scope=Scope.JOBS_READ)
    async def mine() -> dict[str, str]:
        return {}

    return routes


@pytest.fixture
def foreign(app: FastAPI) -> FastAPI:
    app.include_router(room("/v1", openai_like))
    app.include_router(room("/replicate/v1", replicate_like))
    return app


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://studio.test", headers={"accept": "*/*, text/html"})


async def test_an_openai_like_program_reads_its_own_kind_of_error(foreign: FastAPI) -> None:
    async with client(foreign) as program:
        missing = await program.post("/v1/things", json={"model": "x"})
        wrong = await program.post("/v1/things", json={"model": "x", "n": "many"})
        garbage = await program.post("/v1/things", content=b"{", headers={"content-type": "application/json"})
        nowhere = await program.get("/v1/nowhere")
        method = await program.put("/v1/things")
        stranger = await program.get("/v1/mine")
        busy = await program.post("/v1/things", json={"model": "busy"})
        broken = await program.post("/v1/things", json={"model": "broken"})
        await program.get("/v1/once")
        often = await program.get("/v1/once")
    assert (missing.status_code, missing.json()["error"]["message"]) == (404, "There is no model x.")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "n")
    assert wrong.json()["error"]["type"] == "invalid_request_error"
    assert (often.status_code, often.json()["error"]["type"]) == (429, "rate_limit_error")
    assert int(often.headers["retry-after"]) > 0
    assert (stranger.status_code, stranger.json()["error"]["type"]) == (401, "authentication_error")
    assert stranger.headers["www-authenticate"].startswith("Bearer")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert broken.status_code == 500
    assert "secret cause" not in broken.text
    assert (nowhere.status_code, method.status_code) == (404, 405)
    assert "POST" in method.headers["allow"]
    for answer in (missing, wrong, garbage, nowhere, method, stranger, busy, broken, often):
        assert answer.headers["content-type"] == "application/json"
        assert answer.json().keys() == {"error"}
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def test_a_replicate_like_program_reads_its_own_kind_of_error(foreign: FastAPI) -> None:
    async with client(foreign) as program:
        missing = await program.post("/replicate/v1/things", json={"model": "x"})
        wrong = await program.post("/replicate/v1/things", json={})
        nowhere = await program.get("/replicate/v1/nowhere")
        await program.get("/replicate/v1/once")
        often = await program.get("/replicate/v1/once")
    assert missing.json() == {"title": "not_found", "detail": "There is no model x.", "status": 404}
    assert (wrong.status_code, wrong.json()["invalid_fields"][0]["field"]) == (422, "model")
    assert (nowhere.status_code, nowhere.json()["title"]) == (404, "not_found")
    assert (often.status_code, often.json()["status"]) == (429, 429)


async def test_a_dialect_stays_below_its_prefix(foreign: FastAPI) -> None:
    async with client(foreign) as program:
        for path in ("/v10/things", "/api/v1/nowhere", "/v1x"):
            answer = await program.get(path, headers={"accept": "application/json"})
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_dialect_needs_a_prefix_and_its_routes_a_scope() -> None:
    with pytest.raises(RuntimeError, match="prefix"):
        Routes(dialect=openai_like)
    routes = Routes(prefix="/v1", dialect=openai_like)
    with pytest.raises(RuntimeError, match="names no scope"):
        routes.get("/mine", access=Access.MEMBER, limit=GENERAL)
