"""A route may add to the content policy of its own pages, and to nobody else's."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from tests.roles import browser

from atelier.limits.limit import PAGES
from atelier.web.access import Access
from atelier.web.policy import BASE, Policy
from atelier.web.routes import Routes

CALL = Policy({"connect-src": ["wss://calls.example"], "worker-src": ["blob:"]}, frozenset({"camera"}))


@pytest.fixture
def with_call(app: FastAPI) -> FastAPI:
    routes = Routes()

    @routes.get("/call", access=Access.PUBLIC, limit=PAGES, policy=CALL)
    async def call() -> HTMLResponse:
        return HTMLResponse("<p>Calling</p>")

    @routes.get("/secret-call", access=Access.MEMBER, limit=PAGES, policy=CALL)
    async def secret_call() -> HTMLResponse:
        return HTMLResponse("<p>Calling</p>")

    app.include_router(routes)
    return app


def directives(answer: httpx.Response) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in pairs}


async def test_a_routes_policy_adds_to_its_own_pages_alone(with_call: FastAPI) -> None:
    async with browser(with_call) as visitor:
        call, other = await visitor.get("/call"), await visitor.get("/sign-in")
        refused = await visitor.get("/secret-call")
    assert directives(call)["connect-src"] == "'self' wss://calls.example"
    assert directives(call)["worker-src"] == "'self' blob:"
    assert "camera=(self)" in call.headers["permissions-policy"]
    for answer in (other, refused):
        assert directives(answer)["connect-src"] == "'self'"
        assert "worker-src" not in directives(answer)
        assert "camera=()" in answer.headers["permissions-policy"]
    for answer in (call, other):
        assert directives(answer).keys() >= BASE.keys()
        assert "nonce-" in directives(answer)["script-src"]
    assert {name: value for name, value in directives(call).items() if name.startswith("script")} != {}


@pytest.mark.parametrize(
    ("sources", "features"),
    [
        ({"script-src": ["https://cdn.example"]}, ()),
        ({"default-src": ["'self'"]}, ()),
        ({"connect-src": ["*"]}, ()),
        ({"connect-src": ["https:"]}, ()),
        ({"connect-src": ["http://calls.example"]}, ()),
        ({"connect-src": ["wss://calls.example; script-src *"]}, ()),
        ({"img-src": ["'unsafe-inline'"]}, ()),
        ({}, ("clipboard",)),
    ],
)
def test_no_route_can_open_what_would_run_scripts_or_anybodys_servers(
    sources: dict[str, list[str]], features: tuple[str, ...]
) -> None:
    with pytest.raises(RuntimeError):
        Policy(sources, frozenset(features))
