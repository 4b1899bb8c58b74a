"""Scopes: every route of the API names what a token needs, and no token opens anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.roles import Person

from atelier.limits import Limit, Limiter, Standing
from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.routes import OPEN, Routes, rules
from atelier.web.scopes import BROWSER, MEANINGS, Scope


class Generous(Limiter):
    """Lets everything pass."""

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        return ()


async def bearer(person: Person, *scopes: str) -> dict[str, str]:
    made = await person.client.post("/api/v1/tokens", json={"name": "x", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return {"authorization": f"Bearer {made.json()['token']}"}


def test_a_route_of_the_api_cannot_be_made_without_saying_its_scope() -> None:
    routes = Routes(prefix="/api/v1")
    with pytest.raises(RuntimeError, match="names no scope"):
        routes.get("/novels", access=Access.MEMBER, limit=GENERAL)
    with pytest.raises(RuntimeError, match="names no scope"):
        Routes().get("/api/v2/novels", access=Access.MEMBER, limit=GENERAL)
    with pytest.raises(RuntimeError, match="only reads"):
        routes.post("/novels", access=Access.MEMBER, limit=GENERAL, scope=Scope.JOBS_READ)
    routes.get("/novels", access=Access.MEMBER, limit=GENERAL, scope=BROWSER)
    routes.get("/news", access=Access.PUBLIC, limit=GENERAL)


async def test_the_api_describes_what_opens_each_route(app: FastAPI, visitor: httpx.AsyncClient) -> None:
    described = (await visitor.get("/api/v1/openapi.json")).json()
    assert described["components"]["securitySchemes"]["token"]["x-scopes"].keys() == {scope.value for scope in Scope}
    assert described["paths"]["/api/v1/jobs"]["post"]["security"] == [{"token": ["jobs:write"]}, {"session": []}]
    for route, rule in rules(app):
        if route.include_in_schema:
            for method in route.methods or ():
                security = described["paths"][route.path_format][method.lower()]["security"]
                tokens = [names for each in security for kind, names in each.items() if kind == "token"]
                assert tokens == ([[rule.scope.value]] if rule.scope else [])
                assert bool(security) is (rule.access not in OPEN)


def test_each_scope_has_its_words_and_is_needed_somewhere(app: FastAPI) -> None:
    assert MEANINGS.keys() == set(Scope)
    assert {rule.scope for _, rule in rules(app) if rule.scope} == set(Scope)


def test_the_guide_tells_of_each_scope() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "api-tokens.md").read_text()
    assert [scope.value for scope in Scope if f"`{scope.value}`" not in guide] == []


async def test_a_token_that_lacks_the_scope_is_told_which(visitor: httpx.AsyncClient, maker: Person) -> None:
    headers = await bearer(maker, "jobs:read", "models:read")
    assert (await visitor.get("/api/v1/jobs", headers=headers)).status_code == 200
    wish = {"tool": "image.generate", "input": {"prompt": "x"}}
    refused = await visitor.post("/api/v1/jobs", json=wish, headers=headers)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["code"], refused.json()["scope"]) == ("insufficient_scope", "jobs:write")
    said = 'Bearer realm="atelier", error="insufficient_scope", scope="jobs:write"'
    assert refused.headers["www-authenticate"] == said
    assert (await maker.client.get("/api/v1/jobs")).json()["total"] == 0


async def test_no_token_opens_a_page_of_a_member_or_an_operator(
    app: FastAPI, visitor: httpx.AsyncClient, maker: Person, operator: Person
) -> None:
    app.state.parts = replace(app.state.parts, limiter=Generous())
    for person in (maker, operator):
        headers = await bearer(person, *Scope)
        for route, rule in rules(app):
            if rule.access in OPEN or rule.scope is not None:
                continue
            path = route.path_format.format(**dict.fromkeys(route.param_convertors, "0"))
            for method in route.methods or ():
                answer = await visitor.request(method, path, headers=headers)
                assert answer.status_code == 403, (method, path, answer.status_code)
    assert (await maker.client.get("/api/v1/me")).json()["name"] == "Maker"


async def test_where_anybody_may_come_a_token_is_nobody(visitor: httpx.AsyncClient, maker: Person) -> None:
    page = await visitor.get("/sign-in", headers=await bearer(maker, *Scope))
    assert page.status_code == 200  # a member would be sent on


async def test_a_browser_has_no_scopes_to_lack(maker: Person) -> None:
    assert (await maker.client.get("/api/v1/wallet")).status_code == 200
    assert (await maker.client.get("/account")).status_code == 200
