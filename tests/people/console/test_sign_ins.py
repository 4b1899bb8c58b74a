"""The console's list of who is signed in where."""

from __future__ import annotations

import re

from fastapi import FastAPI
from tests.roles import PASSWORD, Person, browser


async def test_every_sign_in_is_listed_and_found(
    app: FastAPI, operator: Person, maker: Person, stranger: Person
) -> None:
    async with browser(app) as laptop:
        await laptop.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        page = (await operator.client.get("/console/sessions")).text
        assert page.count(f'href="/console/members/{maker.member_id}"') == 2
        assert page.count(f'href="/console/members/{stranger.member_id}"') == 1
        found = (await operator.client.get("/console/sessions", params={"q": "MAKER@"})).text
        assert str(stranger.member_id) not in found
        assert found.count(f'href="/console/members/{maker.member_id}"') == 2
        assert "Nobody of that kind" in (await operator.client.get("/console/sessions", params={"q": "10.9.8."})).text
        # the newest is the laptop's: it is signed out at once, the other browser stays
        newest = re.search(r"/console/sessions/([0-9a-f-]{36})/sign-out", found)
        assert newest is not None
        answer = await operator.client.post(f"/console/sessions/{newest[1]}/sign-out")
        assert answer.headers["location"] == "/console/sessions?done=out"
        assert (await laptop.get("/api/v1/me")).status_code == 401
        assert (await maker.client.get("/api/v1/me")).status_code == 200
    again = await operator.client.post(f"/console/sessions/{newest[1]}/sign-out")
    assert again.status_code == 303


async def test_members_see_nobodys_sign_ins(maker: Person, operator: Person) -> None:
    assert (await maker.client.get("/console/sessions")).status_code in (403, 404)
    mine = operator.caller.session_id
    assert (await maker.client.post(f"/console/sessions/{mine}/sign-out")).status_code == 403
    assert (await operator.client.get("/console/sessions")).status_code == 200
