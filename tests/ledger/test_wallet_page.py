"""The wallet as its owner sees it, on a page and as JSON."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request
from tests.conftest import SECRET
from tests.ledger.bank import Bank

from atelier.base.db import role_url
from atelier.base.ids import new_id
from atelier.base.signals import Signals
from atelier.ledger import api, pages
from atelier.ledger.room import ROOM as LEDGER
from atelier.limits import Limiter
from atelier.rooms import WEB
from atelier.web import problems
from atelier.web.caller import Caller, Role
from atelier.web.parts import Parts
from atelier.web.templates import Templates


async def _identify(request: Request) -> Caller | None:
    """Whoever the request says it is."""
    named = request.headers.get("x-member")
    return Caller(UUID(named), "Maker", "maker@example.org", Role.MEMBER) if named else None


@pytest.fixture
async def browser(bank: Bank, owner_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.parts = Parts(
        web_db=bank.web,
        operator_db=bank.operator,
        signals=Signals(role_url(owner_url, "web", SECRET)),
        limiter=Limiter(),
        templates=Templates([WEB, LEDGER]),
        key=lambda purpose: purpose.encode(),
        identify=_identify,
        origin="http://studio.test",
        production=False,
    )
    for routes in (pages.routes, api.routes):
        app.include_router(routes)
    problems.install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio.test") as client:
        yield client


async def _page(browser: httpx.AsyncClient, member: UUID, path: str = "/wallet") -> str:
    answer = await browser.get(path, headers={"x-member": str(member), "accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def _rows(html: str) -> list[str]:
    """The words of each line of the statement."""
    body = re.search(r"<tbody>(.*)</tbody>", html, re.S)
    rows = re.findall(r"<tr.*?</tr>", body[1], re.S) if body else []
    return [" ".join(re.sub(r"<[^>]+>", " ", row).replace("· just now", "").split()) for row in rows]


async def test_the_page_tells_every_change_and_links_to_its_job(bank: Bank, browser: httpx.AsyncClient) -> None:
    maker = await bank.member(1200)
    spent = await bank.hold(maker, 4)
    await bank.settle(spent, 4)
    await bank.settle(await bank.hold(maker, 4), 1)
    await bank.release(await bank.hold(maker, 4))
    await bank.hold(maker, 2)
    html = await _page(browser, maker)
    assert '<dd id="wallet-available">1,193</dd>' in html
    assert '<dd id="wallet-held">2</dd>' in html
    assert f'href="/jobs/{spent}"' in html
    assert [row.replace(" just now", "") for row in _rows(html)] == [
        "4 pictures Held while it is made −2 1,193",
        "4 pictures Given back +4 1,195",
        "4 pictures Nothing was made, so all of it came back −4 1,191",
        "4 pictures Given back +3 1,195",
        "4 pictures 1 credit spent, the rest came back −4 1,192",
        "4 pictures Spent −4 1,196",
        "A gift Given by the studio +1,200 1,200",
    ]


async def test_an_empty_wallet_invites(bank: Bank, browser: httpx.AsyncClient) -> None:
    html = await _page(browser, await bank.member())
    assert "Nothing has come or gone yet" in html
    assert 'href="/make/image.generate"' in html


async def test_an_emptied_wallet_says_what_can_be_done(bank: Bank, browser: httpx.AsyncClient) -> None:
    maker = await bank.member(4)
    await bank.settle(await bank.hold(maker, 4), 4)
    assert "You have no credits left." in await _page(browser, maker)


async def test_older_lines_are_a_page_away(bank: Bank, browser: httpx.AsyncClient) -> None:
    maker = await bank.member(100)
    for _ in range(pages.PAGE):
        await bank.hold(maker, 1)
    first = await _page(browser, maker)
    assert len(_rows(first)) == pages.PAGE
    older = re.search(r'href="(/wallet\?cursor=[^"]+)"', first)
    assert older is not None
    last = await _page(browser, maker, older[1])
    assert len(_rows(last)) == 1
    assert "cursor=" not in last


async def test_json_pages_with_a_true_total(bank: Bank, browser: httpx.AsyncClient) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    await bank.settle(job, 3)
    headers = {"x-member": str(maker)}
    assert (await browser.get("/api/v1/wallet", headers=headers)).json() == {
        "available": 7,
        "held": 0,
        "owed": 0,
        "lines": 3,
    }
    first = (await browser.get("/api/v1/wallet/lines?limit=2", headers=headers)).json()
    assert [(line["kind"], line["amount"], line["balance"]) for line in first["items"]] == [
        ("settle", 1, 7),
        ("hold", -4, 6),
    ]
    assert {key: first["items"][1][key] for key in ("job_id", "hold", "used", "memo")} == {
        "job_id": str(job),
        "hold": "settled",
        "used": 3,
        "memo": "4 pictures",
    }
    rest = (await browser.get(f"/api/v1/wallet/lines?limit=2&cursor={first['next']}", headers=headers)).json()
    assert [line["kind"] for line in rest["items"]] == ["grant"]
    assert (first["total"], rest["total"], rest["next"]) == (3, 3, None)


async def test_bad_cursors_and_strangers_find_nothing(bank: Bank, browser: httpx.AsyncClient) -> None:
    maker, stranger = await bank.member(10), await bank.member()
    theirs = (await browser.get("/api/v1/wallet/lines", headers={"x-member": str(maker)})).json()["items"][0]["id"]
    headers = {"x-member": str(stranger)}
    for cursor, status in (("nonsense", 404), (theirs, 200), (new_id(), 200)):
        answer = await browser.get(f"/api/v1/wallet/lines?cursor={cursor}", headers=headers)
        assert answer.status_code == status
        assert status == 404 or answer.json()["items"] == []
    for path in ("/wallet", "/api/v1/wallet", "/api/v1/wallet/lines"):
        assert (await browser.get(path)).status_code == 401
