"""The migration of exports and departures goes down with people on their way out, and up again."""

from __future__ import annotations

import psycopg
from tests.conftest import SECRET
from tests.people.leaving.conftest import Full, ask, due
from tests.people.mailbox import rows
from tests.roles import Person

from atelier import ledger
from atelier.base import migrate
from atelier.base.db import Acting, Database, libpq_url
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.leave import leave
from atelier.spine import Studio

BEFORE = "20261121_1310"
LEFT_OVERS = """SELECT proname FROM pg_proc
  WHERE proname ~ '^(enter_export|exports_|enqueue_export|people_(owned|rows|leave|stay|erase)|ledger_(stays|forgets))'
  UNION ALL SELECT relname FROM pg_class WHERE relname ~ '^(exports|departures|erasures)'
  UNION ALL SELECT tgname FROM pg_trigger WHERE tgname = 'stays'"""


async def test_down_leaves_nothing_and_up_brings_it_back(
    studio: Studio, web_db: Database, eraser: Eraser, full: Full, stranger: Person
) -> None:
    await ask(studio, full.person.member_id)
    for person in (full.person, stranger):
        async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
            await leave(db, studio.accounts, member_id=person.member_id, by=person.member_id)
    due(studio, stranger.member_id)
    await eraser.run(str(stranger.member_id))
    for database in (web_db, studio.web_db, studio.worker_db, studio.operator_db):
        await database.close()
    migrate.downgrade(studio.owner_url, BEFORE)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute(LEFT_OVERS).fetchall() == []
        assert db.execute("SELECT state FROM members").fetchall() == [("active",)]
        assert db.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'people:export'").fetchone() == (
            0,
        )
    migrate.upgrade(studio.owner_url, SECRET)
    assert rows(studio, "SELECT 1 FROM departures") == []
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        assert (await ledger.check(db)).balanced
