"""Every route that takes something is sent garbage by everybody who may call it: a clear answer, and never a 5xx."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.attacks.conftest import Live
from tests.roles import Person

import atelier
from atelier.base.db import Acting
from atelier.people import sessions
from atelier.rooms import routers
from atelier.web.access import Access
from atelier.web.routes import Rule

NOBODY = "01940000-0000-7000-8000-000000000001"
LARGE = "x" * 20_000
# every name of a field that some page has
FIELDS = sorted(
    {
        name
        for page in Path(atelier.__file__).parent.rglob("templates/**/*.html")
        for name in re.findall(r'name="([a-z_]{1,30})"', page.read_text("utf-8"))
    }
    | {"next", "key", "ids", "deletion", "token", "code", "email", "password", "name"}
)
VALUES = (
    "",
    "\0",
    "a\r\nSet-Cookie: atelier=x",
    LARGE,
    "-1",
    "9" * 5000,  # more digits than Python makes a number of
    "1e999",
    "NaN",
    "[[]]",
    "../../../etc/passwd",
    "\u202eevil\u2066",
    "%00%ff",
    "'; DROP TABLE members; --",
    NOBODY,
    "true",
)
URLENCODED = "application/x-www-form-urlencoded"


def writes() -> list[tuple[str, str, Access]]:
    """Each route that takes something: method, path and access rule."""
    found = []
    for routes in routers():
        for route in routes.routes:
            assert isinstance(route, APIRoute)
            assert route.methods
            (rule,) = (each.call for each in route.dependant.dependencies if isinstance(each.call, Rule))
            path = route.path_format.format(**dict.fromkeys(route.param_convertors, NOBODY))
            path = path.replace(f"/make/{NOBODY}", "/make/image.generate")
            found += [(method, path, rule.access) for method in sorted(route.methods - {"GET", "HEAD"})]
    return found


WRITES = writes()


def bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies that no page of ours sends."""
    for shift in range(0, len(VALUES), 4):  # each field gets several of them, and each body some of all
        pairs = [(name, VALUES[(place * 7 + shift) % len(VALUES)]) for place, name in enumerate(FIELDS)]
        yield URLENCODED, "&".join(f"{name}={quote_plus(value)}" for name, value in pairs).encode()
    yield URLENCODED, b"&".join(f"{name}=%ED%A0%80%FF".encode() for name in FIELDS)  # half a surrogate, no UTF-8
    yield URLENCODED, b"&".join(b"name=a&email=b" for _ in range(3000))
    yield URLENCODED, b"&".join(f"f{number}=1".encode() for number in range(5000))
    yield URLENCODED, b"=&&==&%&%zz=%"
    yield "multipart/form-data; boundary=b", _parts("b", [(name, "x.png", b"\x89PNG\r\n") for name in FIELDS])
    yield "multipart/form-data; boundary=b", _parts("b", [(name, None, b"\xff\0") for name in FIELDS])
    yield "multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\r\n\r\n"
    yield "multipart/form-data", b"--b--"
    yield "multipart/form-data; boundary=" + "b" * 300, b"--b--"
    yield "application/json", json.dumps({name: {"a": [None] * 9} for name in FIELDS}).encode()
    yield "application/json", b"[" * 20_000
    yield "application/json", b'{"a":' * 20_000
    yield "text/plain", b"\0\xff"
    yield "", b""


def _parts(boundary: str, parts: list[tuple[str, str | None, bytes]]) -> bytes:
    out = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file else ""
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        out += content + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


class Sender:
    """Sends as whoever may call a route, and signs in again who was signed out on the way."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._client = httpx.Client(base_url=live.address, timeout=30, headers={"origin": live.address})
        self._secrets = {person.email: person.secret for person in (live.maker, live.operator)}

    def send(self, method: str, path: str, access: Access, kind: str, body: bytes) -> int:
        person = self._live.operator if access in (Access.OPERATOR, Access.SUPPORT) else self._live.maker
        status = self._once(method, path, person, kind, body)
        if status == 401 and access is not Access.PUBLIC:
            self._secrets[person.email] = self._live.do(lambda: self._sign_in(person))
            status = self._once(method, path, person, kind, body)
        return status

    async def _sign_in(self, person: Person) -> str:
        async with self._live.studio.web_db.transaction(Acting.member(person.member_id)) as db:
            return await sessions.start(db, member_id=person.member_id, agent="tests", address="127.0.0.1")

    def _once(self, method: str, path: str, person: Person, kind: str, body: bytes) -> int:
        headers = {"accept": "text/html", "cookie": f"atelier={self._secrets[person.email]}"}
        answer = self._client.request(
            method, path, content=body, headers=headers | ({"content-type": kind} if kind else {})
        )
        return answer.status_code


def test_no_form_breaks_by_what_no_page_of_ours_sends(live: Live) -> None:
    sender, broken, sent = Sender(live), set(), 0
    for kind, body in bodies():
        for method, path, access in WRITES:
            status = sender.send(method, path, access, kind, body)
            sent += 1
            if status >= 500 and status != 503:
                broken.add(f"{method} {path} answers {status} to {kind} {body[:60]!r}")
    assert broken == set()
    assert sent > 1000


def test_no_form_breaks_by_chance(live: Live) -> None:
    sender = Sender(live)
    value = st.one_of(st.text(max_size=40), st.sampled_from(VALUES), st.integers().map(str), st.uuids().map(str))
    form = st.lists(st.tuples(st.sampled_from(FIELDS), value), max_size=14)

    @seed(20261121)
    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(WRITES), form)
    def fuzz(route: tuple[str, str, Access], fields: list[tuple[str, str]]) -> None:
        body = "&".join(f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields)
        status = sender.send(*route, URLENCODED, body.encode())
        assert status < 500 or status == 503, (route, fields)

    run: Callable[[], Any] = fuzz
    run()
