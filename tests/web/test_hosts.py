"""The studio answers only under its own names, and a trusted proxy says by which name and scheme people came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI, Request
from tests.roles import ORIGIN, PASSWORD, Person

from atelier.app import create_app
from atelier.limits.network import parse_networks
from atelier.spine import Studio
from atelier.web.hosts import allowed_hosts
from atelier.web.parts import parts

PROXY = "10.0.0.7"
FORWARDED = {
    "host": "atelier:8420",
    "x-forwarded-for": "198.51.100.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "studio.test",
}


def test_development_answers_to_addresses_and_the_machine_and_production_does_not() -> None:
    loose = allowed_hosts("", "http://127.0.0.1:8420", production=False, machine="Kiln.lan")
    for host in ("127.0.0.1:8420", "localhost", "LOCALHOST.:80", "[::1]:8420", "192.168.1.20:8420", "[fd00::5]"):
        assert loose.allow(host), host
    for host in ("kiln.lan", "kiln", "kiln.local:8420"):
        assert loose.allow(host), host
    for host in ("evil.example", "evil.example:8420", "localhost.evil.example", "127.0.0.1.evil.example", "", "["):
        assert not loose.allow(host), host
    strict = allowed_hosts("", "https://studio.example", production=True, machine="kiln")
    assert strict.allow("studio.example")
    assert strict.allow("localhost:8420")
    assert not strict.allow("192.168.1.20")
    assert not strict.allow("kiln")


def test_a_list_replaces_the_names_that_are_assumed() -> None:
    hosts = allowed_hosts(
        "art.example, *.gallery.example, 192.168.1.20", "https://studio.example", production=False, machine="kiln"
    )
    for host in ("art.example", "studio.example", "one.gallery.example", "192.168.1.20:8420"):
        assert hosts.allow(host), host
    for host in ("gallery.example", "localhost", "192.168.1.21", "kiln", "evilgallery.example"):
        assert not hosts.allow(host), host


@pytest.mark.parametrize(
    ("host", "status"),
    [("studio.test", 200), ("127.0.0.1:8420", 200), ("evil.example", 421), ("studio.test.evil.example", 421)],
)
async def test_another_name_is_refused_with_a_sentence(visitor: httpx.AsyncClient, host: str, status: int) -> None:
    page = await visitor.get("/sign-in", headers={"host": host})
    program = await visitor.get("/api/v1/openapi.json", headers={"host": host, "accept": "application/json"})
    assert (page.status_code, program.status_code) == (status, status)
    if status == 421:
        assert "text/html" in page.headers["content-type"]
        assert "ATELIER_HOSTS" in page.text
        assert program.json()["code"] == "unknown_host"
        assert program.json()["address"] == ORIGIN
        assert program.headers["x-content-type-options"] == "nosniff"


async def test_a_refused_name_neither_signs_in_nor_reaches_static_files(app: FastAPI, maker: Person) -> None:
    form = {"email": maker.email, "password": PASSWORD}
    refused = await maker.client.post("/sign-in", data=form, headers={"host": "evil.example"})
    assert (refused.status_code, refused.headers.get_list("set-cookie")) == (421, [])
    url = app.state.parts.templates.static.url("studio.css")
    assert (await maker.client.get(url, headers={"host": "evil.example"})).status_code == 421


async def test_health_answers_under_every_name(visitor: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready"):
        assert (await visitor.get(path, headers={"host": "10.1.2.3.probe.example"})).status_code != 421
    assert (await visitor.get("/healthy", headers={"host": "evil.example"})).status_code == 421


@asynccontextmanager
async def behind(studio: Studio, peer: str, origin: str = ORIGIN) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that reaches the studio through what connects from `peer`."""
    app = create_app(replace(studio, trusted_proxies=parse_networks("10.0.0.0/24"), origin=origin))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(peer, 1)), base_url=ORIGIN, headers={"accept": "text/html"}
    ) as client:
        yield client


async def test_behind_a_trusted_proxy_the_name_that_it_forwards_counts(studio: Studio) -> None:
    async with behind(studio, PROXY) as client:
        assert (await client.get("/sign-in", headers=FORWARDED)).status_code == 200
        evil = FORWARDED | {"x-forwarded-host": "evil.example"}
        assert (await client.get("/sign-in", headers=evil)).status_code == 421
        several = FORWARDED | {"x-forwarded-host": "evil.example, studio.test"}
        assert (await client.get("/sign-in", headers=several)).status_code == 200  # the nearest proxy's word is last
    async with behind(studio, "203.0.113.5") as client:
        assert (await client.get("/sign-in", headers=FORWARDED)).status_code == 421
        lies = FORWARDED | {"host": "evil.example"}
        assert (await client.get("/sign-in", headers=lies)).status_code == 421


@pytest.mark.parametrize(
    ("peer", "proto", "origin", "status"),
    [
        (PROXY, "https", "https://studio.test", 303),
        (PROXY, "HTTPS", "https://studio.test", 303),
        (PROXY, "http", "https://studio.test", 403),
        (PROXY, "javascript", "https://studio.test", 403),
        (PROXY, "https", "https://evil.example", 403),
        ("203.0.113.5", "https", "https://studio.test", 403),
    ],
)
async def test_the_scheme_that_a_trusted_proxy_forwards_decides_what_is_the_same_site(
    studio: Studio, peer: str, proto: str, origin: str, status: int
) -> None:
    headers = FORWARDED | {"host": "studio.test", "x-forwarded-proto": proto, "origin": origin}
    async with behind(studio, peer) as client:
        assert (await client.post("/sign-out", headers=headers)).status_code == status


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), ("203.0.113.5", False)])
async def test_cookies_are_secure_where_people_come_by_https(
    studio: Studio, maker: Person, peer: str, secure: bool
) -> None:
    form = {"email": maker.email, "password": PASSWORD}
    async with behind(studio, peer) as client:
        entered = await client.post("/sign-in", data=form, headers=FORWARDED | {"host": "studio.test"})
        assert entered.status_code == 303
        cookies = entered.headers.get_list("set-cookie")
        assert cookies
        for cookie in cookies:
            assert ("; Secure" in cookie) is secure
            assert cookie.startswith("__Host-") is secure
        chosen = await client.post("/preferences", data={"theme": "dark"}, headers=FORWARDED | {"host": "studio.test"})
        assert ("; Secure" in chosen.headers["set-cookie"]) is secure


@pytest.mark.parametrize(
    ("scheme", "set_to", "found"),
    [
        ("https", "http://127.0.0.1:8420", "https://studio.test:8443"),
        ("http", "http://127.0.0.1:8420", "http://127.0.0.1:8420"),
        ("http", "https://studio.example", "https://studio.example"),
        ("https", "https://studio.example", "https://studio.example"),
    ],
)
def test_links_begin_with_the_address_that_is_set_or_with_https_where_people_come_by_it(
    studio: Studio, scheme: str, set_to: str, found: str
) -> None:
    app = create_app(replace(studio, origin=set_to))
    scope = {"type": "http", "scheme": scheme, "app": app, "headers": [(b"host", b"studio.test:8443")]}
    assert parts(Request(scope)).origin == found


@pytest.mark.parametrize(
    ("protos", "hops", "secure"),
    [
        ("https, http", "198.51.100.9, 10.0.0.9", True),  # two proxies of ours: the outer one saw https
        ("https, http", "198.51.100.9", False),  # one proxy: what stands before its own word may be invented
        ("https", "198.51.100.9, 10.0.0.9", True),
    ],
)
async def test_only_trusted_proxies_words_count_in_a_chain(
    studio: Studio, protos: str, hops: str, secure: bool
) -> None:
    headers = FORWARDED | {"host": "studio.test", "x-forwarded-proto": protos, "x-forwarded-for": hops}
    async with behind(studio, PROXY) as client:
        chosen = await client.post("/preferences", data={"theme": "dark"}, headers=headers)
    assert ("; Secure" in chosen.headers["set-cookie"]) is secure


async def test_the_address_that_is_set_stays_https_whatever_a_proxy_says(studio: Studio) -> None:
    headers = FORWARDED | {"host": "studio.test", "x-forwarded-proto": "http"}
    async with behind(studio, PROXY, origin="https://studio.test") as client:
        chosen = await client.post("/preferences", data={"theme": "dark"}, headers=headers)
        assert "; Secure" in chosen.headers["set-cookie"]
