"""The operator's console: what it shows is true, what it does is done once, and nobody else gets in."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import Person, browser

from atelier import ledger
from atelier.base.clock import machine_now
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.jobs import Job, State
from atelier.jobs import find as find_job
from atelier.ops.console.overview import first_id, overview
from atelier.people.console import members
from atelier.spine import JobRequest, Studio, begin
from atelier.spine.ending import failed
from atelier.spine.finish import finish
from atelier.web.access import Access
from atelier.web.routes import rules

PAGES = (
    "/console",
    "/console/members",
    "/console/queue",
    "/console/models",
    "/console/trail",
    "/console/limits",
    "/console/flags",
)


async def ask(studio: Studio, person: Person, count: int = 1) -> UUID:
    """A run of that member's, which no worker takes here."""
    wish = JobRequest("image.generate", {"prompt": "a red boat", "count": count})
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        return await begin(db, studio, person.member_id, wish)


async def look(studio: Studio, job_id: UUID) -> Job:
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        return await find_job(db, job_id)


async def credits(studio: Studio, person: Person) -> int:
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        return (await ledger.balance(db, member_id=person.member_id)).available


async def fail(studio: Studio, job_id: UUID) -> None:
    """End a job as a worker does when its engine gives up."""
    ending = failed("engine_crashed", "The engine stopped. Your credits are back.")
    assert await finish(studio.worker_db, await look(studio, job_id), ending)


async def test_it_is_for_operators_alone(app: FastAPI, visitor: httpx.AsyncClient, maker: Person) -> None:
    tried = 0
    for route, rule in rules(app):
        if route.path.startswith("/console"):
            assert rule.access is Access.OPERATOR or (rule.access is Access.SUPPORT and route.methods == {"GET"})
            path = re.sub(r"\{\w+\}", str(maker.member_id), route.path)
            for method in route.methods or ():
                assert (await maker.client.request(method, path)).status_code == 403, path
                assert (await visitor.request(method, path)).status_code in (303, 401), path
                tried += 1
    assert tried >= 9


async def test_a_token_of_a_member_opens_it_no_more_than_the_member(maker: Person, visitor: httpx.AsyncClient) -> None:
    made = (await maker.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})).json()["token"]
    answer = await visitor.get("/console", headers={"authorization": f"Bearer {made}"})
    assert answer.status_code == 403


async def test_every_page_opens_on_an_empty_studio(operator: Person) -> None:
    for path in PAGES:
        assert (await operator.client.get(path)).status_code == 200, path


async def test_the_overview_counts_what_is_there(studio: Studio, operator: Person, maker: Person) -> None:
    waiting, failed = await ask(studio, maker, 2), await ask(studio, maker)
    await fail(studio, failed)
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        found = await overview(db)
    assert (found.members, found.newcomers) == (2, 2)
    assert (found.wallets, found.held) == (38, 2)  # 2 × 20 of welcome, less the 2 held for the job that waits
    assert found.open[State.QUEUED] == 1
    assert found.ended[State.FAILED] == 1
    page = (await operator.client.get("/console")).text
    assert "No worker is alive, and 1 run waits." in page
    assert str(waiting) not in page


async def test_a_heartbeat_makes_a_worker_alive_and_silence_ends_it(studio: Studio, operator: Person) -> None:
    with psycopg.connect(libpq_url(studio.owner_url), autocommit=True) as db:
        db.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        page = (await operator.client.get("/console/queue")).text
        assert (page.count("alive"), page.count("silent")) == (1, 0)
        assert "No worker is alive" not in (await operator.client.get("/console")).text
        db.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    page = (await operator.client.get("/console/queue")).text
    assert (page.count("alive"), page.count("silent")) == (0, 1)
    assert "No worker is alive" in (await operator.client.get("/console")).text


async def test_members_are_found_by_a_piece_of_name_or_e_mail(operator: Person, maker: Person, buyer: Person) -> None:
    for words, shown, hidden in (
        ("MAK", "maker@example.org", "buyer@example.org"),
        ("buyer@", "buyer@example.org", "maker@example.org"),
    ):
        page = (await operator.client.get("/console/members", params={"q": words})).text
        assert shown in page
        assert hidden not in page
    for words in ("%", "_", "\\", "'; --", "\0", "x" * 5000):
        page = (await operator.client.get("/console/members", params={"q": words})).text
        assert "Nobody of that name" in page or words == "\0"


async def test_the_list_of_members_goes_on(studio: Studio, operator: Person) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        for number in range(40):
            row = [new_id(), f"m{number}@example.org", f"Member <{number}>"]
            db.execute("INSERT INTO members (id, email, name) VALUES (%s, %s, %s)", row)
    first = (await operator.client.get("/console/members")).text
    assert "30 of 41" in first
    assert "Member &lt;39&gt;" in first
    older = re.search(r'href="(/console/members\?cursor=[^"]+)"', first)
    assert older is not None
    second = (await operator.client.get(older[1])).text
    assert "m0@example.org" in second
    assert "m39@example.org" not in second
    assert (await operator.client.get("/console/members?cursor=garbage")).status_code == 404


async def test_credits_are_given_after_a_second_look_and_once(studio: Studio, operator: Person, maker: Person) -> None:
    address = f"/console/members/{maker.member_id}/grants"
    asked = await operator.client.post(address, data={"amount": "50", "memo": "For the  exhibition"})
    assert "Give 50 credits to Maker?" in asked.text
    assert await credits(studio, maker) == 20  # nothing is given yet
    key = re.search(r'name="key" value="([^"]+)"', asked.text)
    assert key is not None
    form = {"amount": "50", "memo": "For the exhibition", "key": key[1]}
    answers = await asyncio.gather(*(operator.client.post(address, data=form) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert await credits(studio, maker) == 70
    page = (await operator.client.get(answers[0].headers["location"])).text
    assert "50 credits given." in page
    assert "For the exhibition" in page
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        trail = await db.execute(text("SELECT member_id, subject_id FROM events WHERE kind = 'console:granted'"))
        assert [tuple(row) for row in trail] == [(operator.member_id, maker.member_id)]
    assert (await maker.client.get("/wallet")).text.count("For the exhibition") == 1


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.5", "1,5", "1000001", "99999999999999999999", "٣", "five", "1e3"])
def test_an_amount_is_a_whole_number_of_credits(amount: str) -> None:
    with pytest.raises(members.BadGrant) as caught:
        members.grant_of(amount, "why")
    assert caught.value.field == "amount"


@pytest.mark.parametrize("memo", ["", "   ", "x" * 201, "a\0b", "\x1b[31m"])
def test_a_grant_says_why(memo: str) -> None:
    with pytest.raises(members.BadGrant) as caught:
        members.grant_of("5", memo)
    assert caught.value.field == "memo"


async def test_a_bad_grant_keeps_what_was_typed_and_gives_nothing(
    studio: Studio, operator: Person, maker: Person
) -> None:
    address = f"/console/members/{maker.member_id}/grants"
    answer = await operator.client.post(address, data={"amount": "5000000", "memo": "A <gift>", "key": str(new_id())})
    assert answer.status_code == 422
    assert 'aria-describedby="amount-says"' in answer.text
    assert "A &lt;gift&gt;" in answer.text
    assert await credits(studio, maker) == 20
    nobody = await operator.client.post(f"/console/members/{new_id()}/grants", data={"amount": "5", "memo": "x"})
    assert nobody.status_code == 404
    odd = await operator.client.post(address, data={"amount": "5", "memo": "x", "key": "garbage"})
    assert odd.status_code == 404
    assert await credits(studio, maker) == 20


async def test_an_operator_cancels_anybodys_run_and_the_credits_are_back(
    studio: Studio, operator: Person, maker: Person
) -> None:
    job_id = await ask(studio, maker, 4)
    page = (await operator.client.get("/console/queue")).text
    assert f'action="/console/jobs/{job_id}/cancellation"' in page
    assert "a red boat" not in page  # what a member asks for is theirs
    answer = await operator.client.post(f"/console/jobs/{job_id}/cancellation")
    assert answer.status_code == 303
    assert (await look(studio, job_id)).state == "canceled"
    assert await credits(studio, maker) == 20
    assert (await operator.client.post(f"/console/jobs/{new_id()}/cancellation")).status_code == 404


async def test_a_failed_run_is_begun_anew_once_for_its_member(studio: Studio, operator: Person, maker: Person) -> None:
    failed = await ask(studio, maker)
    await fail(studio, failed)
    assert "engine_crashed" in (await operator.client.get("/console/queue")).text
    for _ in range(2):
        assert (await operator.client.post(f"/console/jobs/{failed}/retry")).status_code == 303
    mine = (await maker.client.get("/api/v1/jobs")).json()
    assert mine["total"] == 2
    assert mine["items"][0]["state"] == "queued"
    assert mine["items"][0]["input"] == mine["items"][1]["input"]
    page = (await operator.client.get("/console/queue")).text
    assert "begun anew" in page
    assert f"/console/jobs/{failed}/retry" not in page


async def test_a_model_is_taken_off_and_put_back(studio: Studio, operator: Person, maker: Person) -> None:
    assert (await operator.client.post("/console/models/sketch/switch", data={"on": "no"})).status_code == 303
    assert "Put on offer" in (await operator.client.get("/console/models")).text
    wish = {"tool": "image.generate", "input": {"prompt": "a boat", "count": 1}}
    refused = await maker.client.post("/api/v1/jobs", json=wish)
    assert refused.json()["code"] == "unknown_model"
    assert (await operator.client.post("/console/models/sketch/switch", data={"on": "yes"})).status_code == 303
    assert (await maker.client.post("/api/v1/jobs", json=wish)).status_code == 201
    assert (await operator.client.post("/console/models/nothing/switch", data={"on": "no"})).status_code == 404


async def test_a_fault_in_the_catalog_is_shown_with_its_line(studio: Studio, operator: Person) -> None:
    studio.catalog.fault = 'catalog.toml, line 7: the id "x" is used <twice>'
    page = (await operator.client.get("/console/models")).text
    assert "line 7" in page
    assert "&lt;twice&gt;" in page
    assert "The catalog file has a fault" in (await operator.client.get("/console")).text


async def test_a_name_cannot_write_into_the_console(app: FastAPI, operator: Person, maker: Person) -> None:
    await maker.client.post("/account/name", data={"name": "<script>alert(1)</script>"})
    async with browser(app, operator.secret) as client:
        for path in ("/console/members", f"/console/members/{maker.member_id}"):
            assert "<script>alert" not in (await client.get(path)).text


def test_the_first_id_of_a_moment_sorts_before_those_made_then() -> None:
    before = first_id(machine_now())
    assert before < new_id()
