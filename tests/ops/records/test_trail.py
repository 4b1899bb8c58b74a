"""The trail: who, whom, from where, before and after; only added to; found by filters; kept as a table."""

from __future__ import annotations

import csv
import io

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import Person

from atelier.base import events, request_origin
from atelier.base.db import Acting, Database, libpq_url
from atelier.base.ids import new_id
from atelier.base.request_origin import RequestOrigin
from atelier.ops.records import Wanted, kinds, trail
from atelier.spine import Studio


async def lines(studio: Studio, wanted: Wanted) -> list[str]:
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        return [line.kind for line in await trail(db, wanted)]


async def test_a_fact_says_who_did_it_and_from_where_without_being_told(studio: Studio, maker: Person) -> None:
    await maker.client.post("/account/name", data={"name": "New name"})
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        line = (await trail(db, Wanted(kind="member:renamed")))[0]
    assert (line.actor_id, line.actor, line.address) == (maker.member_id, "New name", "127.0.0.1")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET kind = 'x:y'",
        "DELETE FROM events",
        "TRUNCATE events",
        "INSERT INTO events (kind, member_id, actor_id) VALUES ('x:y', NULL, gen_random_uuid())",
        "INSERT INTO events (kind, member_id, address) VALUES ('x:y', NULL, 'elsewhere')",
        "INSERT INTO events (kind, member_id, at) VALUES ('x:y', NULL, now() - interval '1 day')",
    ],
)
async def test_no_role_changes_takes_away_or_makes_up_a_fact(
    statement: str, web_db: Database, worker_db: Database, operator_db: Database
) -> None:
    for database in (web_db, worker_db, operator_db):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(Acting.for_studio()) as db:
                await db.execute(text(statement))


async def test_a_failed_sign_in_and_a_try_to_sign_up_are_kept_and_shown(
    studio: Studio, operator: Person, maker: Person, visitor: httpx.AsyncClient
) -> None:
    await visitor.post("/sign-in", data={"email": maker.email, "password": "Wrong-boats-5"})
    page = (await operator.client.get("/console/trail", params={"kind": "session:refused"})).text
    assert f'href="/console/members/{maker.member_id}"' in page  # whom it was tried on
    assert "127.0.0.1" in page
    assert maker.email not in page
    assert "session:refused" in (await operator.client.get(f"/console/members/{maker.member_id}")).text


async def test_filters_find_and_hide(studio: Studio, maker: Person, buyer: Person) -> None:
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        with request_origin.isolated():
            request_origin.assign(RequestOrigin("192.0.2.1", buyer.member_id))
            async with studio.operator_db.transaction(Acting.for_studio()) as other:
                await events.record(other, "test:done", member=None, subject=maker.member_id, before=1, after=2)
                await events.record(other, "job:queued", member=maker.member_id, subject=new_id())
        assert (await kinds(db)) == sorted(set(await kinds(db)))
        assert "test:done" in await kinds(db)
    assert await lines(studio, Wanted(kind="test:")) == ["test:done"]
    assert await lines(studio, Wanted(kind="test:done", member=maker.member_id)) == ["test:done"]
    assert await lines(studio, Wanted(kind="test:done", member=buyer.member_id)) == ["test:done"]
    assert await lines(studio, Wanted(address="192.0.2.1")) == ["test:done"]  # runs only when they are asked for
    assert await lines(studio, Wanted(kind="job:", address="192.0.2.1")) == ["job:queued"]
    assert await lines(studio, Wanted(kind="test:done", member=new_id())) == []


async def test_the_indexes_are_used(studio: Studio, maker: Person) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute(
            "INSERT INTO events (kind, member_id, subject_id) SELECT 'job:queued', %s, gen_random_uuid()"
            " FROM generate_series(1, 20000)",
            [maker.member_id],
        )
        db.execute("ANALYZE events")
        db.commit()
        for where, index in (("true", "trail_idx"), ("kind = 'look:began'", "trail_kind_idx")):
            plan = db.execute(
                "EXPLAIN SELECT * FROM events WHERE kind NOT LIKE 'job:%' AND kind NOT LIKE 'asset:%'"
                f" AND {where} ORDER BY id DESC LIMIT 50".encode()
            ).fetchall()
            assert index in str(plan)


async def test_the_table_is_whole_and_no_spreadsheet_runs_it(studio: Studio, operator: Person, maker: Person) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE members SET name = '=HYPERLINK(\"//evil\")' WHERE id = %s", [maker.member_id])
        db.execute(
            "INSERT INTO events (kind, subject_id) SELECT 'test:many', %s FROM generate_series(1, 1203)",
            [maker.member_id],
        )
    answer = await operator.client.get("/console/trail.csv", params={"kind": "test:many"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1203
    assert rows[0]["subject"] == '\'=HYPERLINK("//evil")'
    assert rows[0]["subject_id"] == str(maker.member_id)


async def test_odd_filters_are_left_out(operator: Person) -> None:
    for odd in ("kind=%00", "kind=%25", "member=x", "since=yesterday", "until=9999-99-99", "cursor=-1", "cursor=1e9"):
        assert (await operator.client.get(f"/console/trail?{odd}")).status_code == 200, odd
    assert (await operator.client.get("/console/trail?until=9999-12-31")).status_code == 200
    assert (await operator.client.get(f"/console/trail?member={new_id()}")).status_code == 404


async def test_sign_ups_that_came_to_nothing_are_kept(
    operator: Person, maker: Person, visitor: httpx.AsyncClient
) -> None:
    form = {"name": "Again", "email": maker.email, "password": "Seven-red-boats-4"}
    assert (await visitor.post("/sign-up", data=form)).status_code == 422
    page = (await operator.client.get("/console/trail", params={"kind": "member:refused"})).text
    assert "email_taken" in page
    assert "127.0.0.1" in page
    assert maker.email not in page
