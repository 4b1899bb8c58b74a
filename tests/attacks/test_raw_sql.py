"""What somebody could do who writes SQL on a web process's own connection, where it acts for one member.

Row-level security says whose rows those are. These are about what a row points to, what a notification claims, what a
setting claims, and what the database's own functions run.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from tests.spine.conftest import Told, maker, new_member, settings, start, studio, told, until, wallet, working

from atelier.base import request_origin
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.base.request_origin import RequestOrigin
from atelier.jobs import cancel
from atelier.spine import Studio

__all__ = ["maker", "settings", "studio", "told"]


async def sql(studio: Studio, member: UUID, *statements: str, **values: object) -> None:
    """Run raw statements as the web role that acts for one member."""
    async with studio.web_db.transaction(Acting.member(member)) as db:
        for statement in statements:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await db.execute(text(statement), named)


def as_owner(studio: Studio, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        found = db.execute(statement, values)
        return found.fetchall() if found.description else []


_ASSET = """INSERT INTO assets (id, member_id, job_id, kind, source, content_type, bytes, sha256, path, thumb_path)
            VALUES (:id, :me, :job, 'image', 'made', 'image/png', 1, repeat('0', 64), :path, :thumb)"""


@pytest.fixture
async def stranger(studio: Studio) -> UUID:
    return await new_member(studio)


# --- what a row points to


@pytest.mark.parametrize(
    ("path", "thumb"),
    [
        ("{maker}/2026/11/{id}.png", None),
        ("{me}/2026/11/{id}.png", "{maker}/2026/11/{id}.thumb.webp"),
        ("{me}/2026/11/{other}.png", None),  # another's file can be moved there, or a file have two rows
        ("{me}/2026/11/../../../{maker}/2026/11/{id}.png", None),
        ("{me}/exports/{id}-1.zip", None),
        ("{me}/2026/11/{id}.png\n", None),
    ],
)
async def test_a_row_names_no_file_but_its_own(
    studio: Studio, maker: UUID, stranger: UUID, path: str, thumb: str | None
) -> None:
    id = new_id()
    said = {"maker": maker, "me": stranger, "id": id, "other": new_id()}
    row = {
        "id": id,
        "me": stranger,
        "job": None,
        "path": path.format(**said),
        "thumb": thumb.format(**said) if thumb else None,
    }
    with pytest.raises(DBAPIError, match="assets_path_own"):
        await sql(studio, stranger, _ASSET, **row)
    good = {"path": f"{stranger}/2026/11/{id}.png", "thumb": f"{stranger}/2026/11/{id}.thumb.webp"}
    await sql(studio, stranger, _ASSET, **(row | good))
    with pytest.raises(psycopg.errors.CheckViolation, match="assets_path_own"):
        as_owner(studio, "UPDATE assets SET path = %s", f"{maker}/2026/11/{id}.png")


async def test_a_file_is_of_a_run_of_its_own_member(studio: Studio, maker: UUID, stranger: UUID) -> None:
    job_id, id = await start(studio, maker), new_id()
    row = {"id": id, "me": stranger, "job": job_id, "path": f"{stranger}/2026/11/{id}.png", "thumb": None}
    with pytest.raises(DBAPIError, match="assets_job_own"):
        await sql(studio, stranger, _ASSET, **row)
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")


_SESSION = """INSERT INTO sessions (id, member_id, digest, agent, address, expires_at)
              VALUES (:id, :me, :digest, '', '', now() + interval '1 day')"""
_POINTING = {
    "refresh_tokens": """INSERT INTO refresh_tokens (id, member_id, session_id, digest, expires_at)
                         VALUES (gen_random_uuid(), :me, :session, repeat('a', 64), now() + interval '1 day')""",
    "provider_sessions": """INSERT INTO provider_sessions (session_id, member_id, provider, subject_key)
                            VALUES (:session, :me, 'x', 'x')""",
}


@pytest.mark.parametrize("table", _POINTING)
async def test_what_belongs_to_a_session_is_of_its_member(
    studio: Studio, maker: UUID, stranger: UUID, table: str
) -> None:
    theirs, mine = new_id(), new_id()
    for id, member in ((theirs, maker), (mine, stranger)):
        await sql(studio, member, _SESSION, id=id, me=member, digest=id.hex)
    with pytest.raises(DBAPIError, match=f"{table}_session_own"):
        await sql(studio, stranger, _POINTING[table], me=stranger, session=theirs)
    await sql(studio, stranger, _POINTING[table], me=stranger, session=mine)


_MAIL = """INSERT INTO mails (id, member_id, recipient, subject, body, html, language, key_id)
           VALUES (gen_random_uuid(), :me, :to, 'x', 'x', 'x', 'en', :key)"""


async def test_a_web_process_writes_no_mail_but_to_its_member(studio: Studio, maker: UUID, stranger: UUID) -> None:
    await sql(studio, stranger, _MAIL, me=stranger, to=f"{stranger}@example.org", key=None)
    for to, key in ((f"{maker}@example.org", None), (f"{stranger}@example.org", new_id())):
        with pytest.raises(DBAPIError, match="mails_recipient_own"):
            await sql(studio, stranger, _MAIL, me=stranger, to=to, key=key)


async def test_an_export_names_an_archive_of_its_member(studio: Studio, maker: UUID) -> None:
    as_owner(studio, "INSERT INTO exports (id, member_id) VALUES (gen_random_uuid(), %s)", maker)
    with pytest.raises(psycopg.errors.CheckViolation, match="exports_path_own"):
        as_owner(studio, "UPDATE exports SET path = %s", f"{new_id()}/exports/x.zip")


# --- what a job says of itself

_JOB = """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected,
            price, seal, {})
          VALUES (gen_random_uuid(), :me, 'image.generate', 'told', 'told', '', '{{}}', '{{}}', 'api', 2, 1, 0,
            '', {})"""


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("priority", "1"),
        ("attempt", "-9"),
        ("made", "1"),
        ("used", "'{}'"),
        ("reference", "'another member''s'"),
        ("started_at", "now()"),
        ("created_at", "now() - interval '1 day'"),
        ("state, charged, finished_at", "'succeeded', 0, now()"),
    ],
)
async def test_a_member_writes_no_job_but_one_that_waits_its_turn(
    studio: Studio, stranger: UUID, column: str, value: str
) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        await sql(studio, stranger, _JOB.format(column, value), me=stranger)


# --- what a job costs

_RATES = '{"engine": "told", "rates": {"pictures": "1"}, "most": {"pictures": 4}, "deadline": 2}'
_FREE = '{"engine": "told", "rates": {}, "most": {"pictures": 4}, "deadline": 2}'
_UNPAID = """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected,
               price, seal)
             VALUES (:id, :me, 'image.generate', 'told', 'told', '', '{"prompt": "x", "count": 4}',
               CAST(:terms AS jsonb), 'api', 2, 4, :price, 'made up')"""
_HOLD = "SELECT ledger_hold(gen_random_uuid(), :id, :me, :held, 'x', :kind)"


@pytest.mark.parametrize(
    ("terms", "price", "held", "kind", "broken"),
    [
        (_RATES, 4, None, "job", "jobs_paid"),
        (_RATES, 4, 3, "job", "jobs_paid"),
        (_RATES, 4, 5, "job", "jobs_paid"),
        (_RATES, 4, 4, "call", "jobs_paid"),
        (_RATES, 0, None, "job", "jobs_price_agreed"),
        (_RATES, 1, 1, "job", "jobs_price_agreed"),
        ("{}", 1, 1, "job", "jobs_price_agreed"),
        (_FREE, 0, 1, "job", "jobs_paid"),
    ],
)
async def test_no_run_is_written_without_the_hold_that_its_terms_ask_for(
    studio: Studio, stranger: UUID, terms: str, price: int, held: int | None, kind: str, broken: str
) -> None:
    holding = [_HOLD] if held else []
    with pytest.raises(DBAPIError, match=broken):
        await sql(
            studio,
            stranger,
            *holding,
            _UNPAID,
            id=new_id(),
            me=stranger,
            terms=terms,
            price=price,
            held=held,
            kind=kind,
        )
    assert as_owner(studio, "SELECT count(*) FROM jobs") == [(0,)]
    assert await wallet(studio, stranger) == (100, 0)


async def test_a_run_that_is_canceled_gives_its_hold_back(studio: Studio, stranger: UUID) -> None:
    job_id = await start(studio, stranger, count=3)
    canceled = "UPDATE jobs SET state = 'canceled', charged = 0, finished_at = now() WHERE id = :id"
    with pytest.raises(DBAPIError, match="jobs_hold_ended"):
        await sql(studio, stranger, canceled, id=job_id)
    await sql(studio, stranger, canceled, "SELECT ledger_release(gen_random_uuid(), :id)", id=job_id)
    assert await wallet(studio, stranger) == (100, 0)


async def test_terms_that_the_studio_did_not_write_make_nothing(studio: Studio, stranger: UUID, told: Told) -> None:
    """Four pictures for nothing, one's own sealed run a second time, and a run that is paid for with another input."""
    free, again, cheap = new_id(), new_id(), new_id()
    job_id = await start(studio, stranger)
    copied = """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected,
                  price, seal)
                SELECT CAST(:again AS uuid), member_id, tool, model, queue, title, input{}, terms, source, deadline_s,
                  expected, price, seal FROM jobs WHERE id = :of"""
    await sql(studio, stranger, _UNPAID, id=free, me=stranger, terms=_FREE, price=0)
    for id, more in ((again, ""), (cheap, " || CAST(:more AS jsonb)")):
        values = {"again": id, "of": job_id, "more": '{"count": 4}'}
        held = "SELECT ledger_hold(gen_random_uuid(), :again, :me, 1, 'x')"
        await sql(studio, stranger, held, copied.format(more), me=stranger, **values)
    async with studio.web_db.transaction(Acting.member(stranger)) as db:
        await cancel(db, job_id)  # what its copies do is the question
    async with working(studio):
        for id in (free, again, cheap):
            ended = await until(studio, stranger, id, "failed", "succeeded")
            assert (ended.error_code, ended.charged, ended.made) == ("terms_changed", 0, 0)
    assert told.works == []
    assert await wallet(studio, stranger) == (100, 0)
    said = "SELECT count(*) FROM events WHERE kind = 'job:failed' AND data ->> 'code' = 'terms_changed'"
    assert as_owner(studio, said) == [(3,)]


async def test_a_parent_that_the_studio_did_not_write_begins_no_children(studio: Studio, stranger: UUID) -> None:
    parent = new_id()
    row = """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected,
               price, seal, mode)
             VALUES (:id, :me, 'image.generate', '', 'studio', '', '{}', '{}', 'api', 2, 0, 0, '', 'parent')"""
    await sql(studio, stranger, row, id=parent, me=stranger)
    async with working(studio):
        assert (await until(studio, stranger, parent, "failed", "succeeded")).error_code == "terms_changed"


async def test_runs_that_wait_for_a_studio_with_another_secret_give_their_credits_back(
    studio: Studio, stranger: UUID, told: Told
) -> None:
    job_id = await start(studio, stranger, count=3)
    async with working(replace(studio, secret="another-secret-0123456789-abcdefghijklmnop")):
        ended = await until(studio, stranger, job_id, "failed", "succeeded")
    assert ended.error_code == "terms_changed"
    assert told.works == []
    assert await wallet(studio, stranger) == (100, 0)


# --- what a notification claims


async def test_a_signal_alone_stops_nobodys_run(studio: Studio, maker: UUID, stranger: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    job_id = await start(studio, maker)
    async with working(studio):
        await until(studio, maker, job_id, "running")
        for payload in (str(job_id), "", "no id", str(new_id())):
            await sql(studio, stranger, "SELECT pg_notify('atelier_cancel', :said)", said=payload)
        second = await start(studio, maker)
        await until(studio, maker, second, "running")  # all that was said before is heard by now
        assert told.canceled == 0
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await cancel(db, second)
        await until(studio, maker, second, "canceled")
        told.wait.set()
        assert (await until(studio, maker, job_id, "succeeded", "canceled")).state == "succeeded"


@pytest.mark.parametrize("channel", ["caller", "cancel", "event", "progress", "queue"])
async def test_a_signal_that_says_nonsense_harms_nobody(
    studio: Studio, maker: UUID, stranger: UUID, channel: str
) -> None:
    async with working(studio):
        for payload in ("{", "[]", "1", "null", '{"member": 1}', "ü", "x" * 7000, json.dumps({"member": str(maker)})):
            await sql(studio, stranger, f"SELECT pg_notify('atelier_{channel}', :said)", said=payload)
        await until(studio, maker, await start(studio, maker), "succeeded")


# --- what a setting claims


async def test_a_web_process_does_not_say_who_else_it_was(studio: Studio, maker: UUID, stranger: UUID) -> None:
    with request_origin.isolated():
        request_origin.assign(RequestOrigin("192.0.2.1", maker))
        await sql(
            studio,
            stranger,
            "INSERT INTO events (kind, member_id, subject_id) VALUES ('member:renamed', :me, :me)",
            me=stranger,
        )
    assert as_owner(studio, "SELECT actor_id FROM events WHERE kind = 'member:renamed'") == [(stranger,)]


@pytest.mark.parametrize("kind", ["job:succeeded", "job:requeued", "export:ready", "console:granted", "member:banned"])
async def test_a_web_process_tells_no_facts_of_workers_and_operators(studio: Studio, stranger: UUID, kind: str) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        await sql(studio, stranger, "INSERT INTO events (kind, member_id) VALUES (:kind, :me)", kind=kind, me=stranger)


_SHADOW = (
    "CREATE TEMP TABLE procrastinate_jobs (queue_name text, task_name text, priority integer, queueing_lock text,"
    " args jsonb)",
    "GRANT ALL ON procrastinate_jobs TO atelier_owner",
    """CREATE FUNCTION pg_temp.climb() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN UPDATE public.members SET role = 'operator'; RETURN NEW; END $$""",
    "GRANT EXECUTE ON FUNCTION pg_temp.climb TO PUBLIC",
    "CREATE TRIGGER climb BEFORE INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION pg_temp.climb()",
)


async def test_the_databases_functions_use_no_table_of_the_callers(studio: Studio, stranger: UUID) -> None:
    """A temporary table comes first where a function's search path does not say otherwise, and its trigger runs as
    whoever writes into it: the owner."""
    with pytest.raises(DBAPIError, match="permission denied to create temporary tables"):
        await sql(studio, stranger, _SHADOW[0])
    as_owner(studio, f'GRANT TEMPORARY ON DATABASE "{make_url(studio.owner_url).database}" TO PUBLIC')  # the other wall
    await sql(studio, stranger, *_SHADOW, _JOB.format("priority", "0"), me=stranger)
    assert as_owner(studio, "SELECT role FROM members WHERE id = %s", stranger) == [("member",)]
    assert as_owner(studio, "SELECT queue_name FROM procrastinate_jobs") == [("told",)]


async def test_no_function_that_runs_as_the_owner_looks_into_temporary_tables(studio: Studio) -> None:
    found = as_owner(
        studio,
        """SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c ~ '^search_path=.*, ?pg_temp$')""",
    )
    assert found == []
