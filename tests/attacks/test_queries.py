"""Every query parameter, and the headers that we read, get garbage: a clear answer, and never a 5xx."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from tests.attacks.conftest import Endless
from tests.attacks.test_forms import NOBODY, VALUES
from tests.roles import Person

from atelier.base.events import Mark
from atelier.rooms import routers

DIGITS = "9" * 5000  # more than Python makes a number of
GARBAGE = [*(value for value in VALUES if len(value) < 1000), DIGITS, "\ud800", "٣", "1-1", "2026-02-31", "01:00"]
STREAMS = ("/live", "/events")
HEADERS = {
    "range": ("bytes=0-" + DIGITS, "bytes=-" + DIGITS, "bytes=a-b", "lines=1-2", "bytes=5-1,0-0"),
    "accept-language": ("de;q=" + DIGITS, ";;;,,,", "\xff"),
    "if-none-match": ('"' * 200,),
    "authorization": ("Bearer " + "a" * 5000, "Bearer", "bearer \xff", "Basic \xff"),
    "cookie": ("atelier=%00; language=../../x; theme=<b>", "atelier=" + "a" * 43, '="";;=', "language=xx; language=de"),
    "x-forwarded-for": ("1.2.3.4, \xff, " + "1" * 5000,),
    "user-agent": ("\xff\x01" * 200,),
    "origin": ("null", "http://[", "http://\xff"),
    "referer": ("http://[", "http://studio.test//evil.example", "http://studio.test/\\evil.example", "\xff"),
    "sec-fetch-site": ("elsewhere",),
    "idempotency-key": ("\xff" * 300, ""),
    "accept": ("text/html;" * 500,),
}


ASKED = (
    ("GET", "/library"),
    ("GET", f"/files/{NOBODY}/original"),
    ("POST", "/account/name"),
    ("POST", "/preferences"),
)


def pages() -> list[tuple[str, list[str]]]:
    """Each route that is read, with the parameters of its query."""
    return [
        (
            route.path_format.format(**dict.fromkeys(route.param_convertors, NOBODY)).replace(
                f"/make/{NOBODY}", "/make/image.generate"
            ),
            [param.alias for param in route.dependant.query_params],
        )
        for routes in routers()
        for route in routes.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and not route.path.endswith(STREAMS)
    ]


@pytest.fixture
def unlimited(app: FastAPI) -> None:
    """Nobody is told that they ask too often: what they ask is looked at."""
    app.state.parts = replace(app.state.parts, limiter=Endless())


@pytest.mark.usefixtures("unlimited")
async def test_no_query_breaks_a_page(maker: Person, operator: Person) -> None:
    broken, asked = set(), 0
    for path, params in pages():
        person = operator if path.startswith("/console") else maker
        for value in GARBAGE:
            query = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name in params or ["x"])
            for each in {
                query[:8000],
                f"{path.rpartition('/')[2]}={quote(value.encode('utf-8', 'surrogatepass'))[:60]}",
            }:
                answer = await person.client.get(f"{path}?{each}")
                asked += 1
                if answer.status_code >= 500:
                    broken.add(f"{path}?{each[:80]} answers {answer.status_code}")
    assert broken == set()
    assert asked > 500


@pytest.mark.usefixtures("unlimited")
async def test_no_query_breaks_a_page_alone(maker: Person, operator: Person) -> None:
    """One parameter at a time: what else is wrong would be refused before it."""
    broken = set()
    for path, params in pages():
        person = operator if path.startswith("/console") else maker
        for name in params:
            for value in ("%00", DIGITS, "99999999999", f"{DIGITS}.{NOBODY}"):
                for query in (f"{name}={value}", f"sort=largest&{name}={value}")[: 1 if name == "sort" else 2]:
                    answer = await person.client.get(f"{path}?{query}")
                    if answer.status_code >= 500:
                        broken.add(f"{path}?{query[:80]} answers {answer.status_code}")
    assert broken == set()


@pytest.mark.parametrize("position", ["99999999999", "-99999999999", "9" * 5000, "-1", "x"], ids=range(5))
async def test_what_is_no_place_of_a_file_has_no_preview(maker: Person, position: str) -> None:
    begun = await maker.client.post("/make/image.generate", data={"prompt": "A red boat"})
    job = begun.headers["location"].partition("#run-")[2]
    assert (await maker.client.get(f"/jobs/{job}/preview/{position}")).status_code == 422
    assert (await maker.client.get(f"/jobs/{job}/preview/3")).status_code == 204


async def test_no_header_breaks_a_page(maker: Person) -> None:
    broken = set()
    for name, values in HEADERS.items():
        for value in values:
            for method, path in (
                ("GET", "/library"),
                ("GET", f"/files/{NOBODY}/original"),
                ("POST", "/account/name"),
                ("POST", "/preferences"),
            ):
                answer = await maker.client.request(method, path, headers=[(name.encode(), value.encode("latin-1"))])
                if answer.status_code >= 500 or "evil" in answer.headers.get("location", ""):
                    broken.add(f"{method} {path} with {name}: {value[:40]!r} answers {answer.status_code}")
    assert broken == set()


async def test_a_report_that_names_no_address_breaks_nothing(visitor: httpx.AsyncClient) -> None:
    for sent in ({"csp-report": {"blocked-uri": "http://[", "document-uri": "http://["}}, {"csp-report": {"a": 1}}):
        assert (await visitor.post("/csp-reports", json=sent)).status_code == 204


@pytest.mark.parametrize("written", [DIGITS + "-1", "1-" + DIGITS, "٣-1", "-", "1--1", "1-1-1", ""], ids=range(7))
def test_what_is_no_place_is_none(written: str) -> None:
    assert Mark.parse(written) is None
