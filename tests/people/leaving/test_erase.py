"""Erasing: not a row, not a file, not a word of somebody who left, and the books exact without them."""

from __future__ import annotations

import psycopg
import pytest
from tests.people.leaving.conftest import MARKER, Full, ask, below, due, everything, furnish
from tests.people.mailbox import rows
from tests.roles import Person

from atelier import ledger
from atelier.assets.sweep import sweep
from atelier.base.clock import now
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.base.isolation import isolate
from atelier.jobs.background import Again
from atelier.ops.audit.rows import Owner
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.fill import Exporter
from atelier.people.leaving.leave import TooLate, leave, stay
from atelier.people.leaving.tend import tend
from atelier.spine import JobRequest, Studio, begin


async def leaves(studio: Studio, person: Person) -> None:
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        await leave(db, studio.accounts, member_id=person.member_id, by=person.member_id)


async def balanced(studio: Studio) -> ledger.Report:
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        return await ledger.check(db)


async def test_nothing_of_them_is_left_and_nothing_of_others_is_touched(
    studio: Studio, eraser: Eraser, exporter: Exporter, full: Full, stranger: Person, owner: Owner, operator: Person
) -> None:
    me, base = full.person.member_id, f"/console/members/{full.person.member_id}"
    other = await furnish(studio, owner, stranger, "otherbay")
    await operator.client.post(
        f"{base}/grants", data={"amount": "5", "memo": f"for {full.person.email}", "key": str(new_id())}
    )
    await operator.client.post(f"{base}/ban", data={"why": f"{full.person.email} wrote {MARKER}"})
    await operator.client.post(f"{base}/ban/end")
    export = await ask(studio, me)
    await exporter.run(str(export.id), str(me))
    assert any(path.startswith("exports/") for path in below(studio, me))
    kept = below(studio, other.person.member_id)
    theirs = {row["name"] for row in await owner.fetch("SELECT name FROM people_owned() WHERE owner = 'member_id'")}
    before = {name: await _count(owner, name, other.person.member_id) for name in theirs}
    postings = await owner.fetchval("SELECT count(*) FROM postings")

    await leaves(studio, full.person)
    due(studio, me)
    await eraser.run(str(me))

    assert below(studio, me) == []
    assert below(studio, other.person.member_id) == kept
    assert {name: await _count(owner, name, other.person.member_id) for name in theirs} == before
    assert {name: await _count(owner, name, me) for name in theirs} == dict.fromkeys(theirs, 0)
    for table, lines in everything(studio).items():
        for line in lines:
            assert full.person.email not in line, (table, line)
            assert MARKER not in line, (table, line)
            if table not in ("erasures", "events"):
                assert str(me) not in line, (table, line)
    # the trail keeps what the operator did, by number, without the words
    facts = rows(studio, "SELECT kind, data, actor_id FROM events WHERE subject_id = %s ORDER BY id", me)
    assert [fact["kind"] for fact in facts] == [
        "console:granted",
        "member:banned",
        "member:unbanned",
        "member:erased",
    ]
    assert facts[0]["data"] == {"amount": 5}
    assert rows(studio, "SELECT 1 FROM events WHERE member_id = %s", me) == []
    # the books
    report = await balanced(studio)
    assert report.balanced, report.differences
    assert await owner.fetchval("SELECT count(*) FROM postings") == postings + 2  # what was left expired
    assert await owner.fetchval("SELECT count(*) FROM accounts WHERE kind = 'wallet' AND balance = 0") == 1
    assert await owner.fetchval("SELECT count(*) FROM erasures WHERE pseudonym IS NOT NULL OR ended_at IS NULL") == 0
    # nobody who is gone is found among the members, and their address is free
    found = await operator.client.get("/console/members", params={"q": full.person.email})
    assert "Nobody of that name" in found.text
    await owner.execute(
        "INSERT INTO members (id, email, name) VALUES (gen_random_uuid(), $1, 'New')", full.person.email
    )


async def _count(owner: Owner, table: str, member: object) -> int:
    return int(await owner.fetchval(f"SELECT count(*) FROM {table} WHERE member_id = $1", member))


async def test_nobody_is_erased_before_their_time(studio: Studio, eraser: Eraser, full: Full) -> None:
    before = below(studio, full.person.member_id)
    await eraser.run(str(full.person.member_id))  # does not leave at all
    await leaves(studio, full.person)
    await eraser.run(str(full.person.member_id))  # leaves in a fortnight
    assert below(studio, full.person.member_id) == before
    assert len(rows(studio, "SELECT 1 FROM members WHERE id = %s", full.person.member_id)) == 1
    async with studio.web_db.transaction(Acting.member(full.person.member_id)) as db:
        await stay(db, member_id=full.person.member_id, by=full.person.member_id)
    due(studio, full.person.member_id)
    await eraser.run(str(full.person.member_id))  # stays
    assert below(studio, full.person.member_id) == before


async def test_a_killed_erasing_goes_on_where_it_was(
    studio: Studio, eraser: Eraser, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = full.person.member_id
    await leaves(studio, full.person)
    due(studio, me)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Eraser, "_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            await eraser.run(str(me))
    assert below(studio, me) == []
    with pytest.raises(TooLate):  # no way back: their files are gone
        async with studio.web_db.transaction(Acting.member(me)) as db:
            await stay(db, member_id=me, by=me)
    rows(studio, "DELETE FROM procrastinate_jobs")
    await tend(studio.worker_db, studio.assets.store)  # the queue lost it, as after a restore
    (entry,) = rows(studio, "SELECT args FROM procrastinate_jobs WHERE task_name = 'people:erase'")
    await eraser.run(entry["args"]["member_id"])
    assert rows(studio, "SELECT 1 FROM members WHERE id = %s", me) == []
    await eraser.run(str(me))  # and once more, when it was killed after the rows
    assert (await balanced(studio)).balanced


async def test_it_waits_for_what_is_being_made(studio: Studio, eraser: Eraser, maker: Person) -> None:
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        job = await begin(db, studio, maker.member_id, JobRequest("image.generate", {"prompt": "x", "count": 2}))
    rows(studio, "UPDATE jobs SET state = 'running', started_at = now() WHERE id = %s", job)
    await leaves(studio, maker)
    due(studio, maker.member_id)
    with pytest.raises(Again):
        await eraser.run(str(maker.member_id))
    assert rows(studio, "SELECT cancel_requested_at IS NOT NULL AS asked FROM jobs")[0]["asked"]
    async with studio.worker_db.transaction(Acting.member(maker.member_id)) as db:
        await ledger.release(db, job_id=job)
    rows(studio, "UPDATE jobs SET state = 'canceled', charged = 0, finished_at = now() WHERE id = %s", job)
    await eraser.run(str(maker.member_id))
    assert rows(studio, "SELECT 1 FROM jobs") == []
    assert (await balanced(studio)).balanced


async def test_a_file_that_comes_too_late_is_swept(studio: Studio, eraser: Eraser, full: Full) -> None:
    me = full.person.member_id
    await leaves(studio, full.person)
    due(studio, me)
    await eraser.run(str(me))
    await studio.assets.store.put(f"{me}/2026/11/{new_id()}.png", b"late", "image/png")
    await sweep(studio.worker_db, studio.assets.store, at=now().replace(year=2030))
    assert below(studio, me) == []


async def test_a_new_table_is_erased_without_a_line(
    studio: Studio, eraser: Eraser, maker: Person, owner: Owner
) -> None:
    for statement in (
        "CREATE TABLE diaries (id uuid PRIMARY KEY, member_id uuid NOT NULL)",
        "CREATE TABLE pages (id uuid PRIMARY KEY, member_id uuid NOT NULL, diary uuid REFERENCES diaries)",
        *isolate("diaries", worker=""),
        *isolate("pages", worker=""),
    ):
        await owner.execute(statement)
    diary = new_id()
    await owner.execute("INSERT INTO diaries VALUES ($1, $2)", diary, maker.member_id)
    await owner.execute("INSERT INTO pages VALUES (gen_random_uuid(), $2, $1)", diary, maker.member_id)
    await leaves(studio, maker)
    due(studio, maker.member_id)
    await eraser.run(str(maker.member_id))
    assert await owner.fetchval("SELECT count(*) FROM diaries") == 0
    assert await owner.fetchval("SELECT count(*) FROM pages") == 0


async def test_the_ledger_forgets_only_who_leaves(studio: Studio, full: Full, owner: Owner) -> None:
    """Not even the owner of the database gives somebody's lines to another, or changes more than whose they are."""
    me, other = full.person.member_id, new_id()
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("SELECT set_config('atelier.forgetting', 'x', false)")
        for change in (
            f"UPDATE postings SET member_id = '{other}' WHERE member_id = '{me}'",
            f"UPDATE accounts SET member_id = '{other}' WHERE member_id = '{me}'",
            "UPDATE transfers SET memo = NULL",
            "UPDATE postings SET amount = amount + 1",
        ):
            with pytest.raises(psycopg.errors.Error) as refused, db.transaction():
                db.execute(change.encode())
            assert refused.value.sqlstate == "AL000", change
        db.execute("INSERT INTO erasures (id, pseudonym) VALUES (%s, %s)", [me, other])
        with pytest.raises(psycopg.errors.Error, match="stays"), db.transaction():
            db.execute("UPDATE postings SET member_id = %s, amount = 1 WHERE member_id = %s", [other, me])
        db.execute("UPDATE postings SET member_id = %s WHERE member_id = %s", [other, me])
        db.rollback()


async def test_an_operator_who_leaves_stays_in_the_trail_by_number(
    studio: Studio, eraser: Eraser, operator: Person, maker: Person, owner: Owner
) -> None:
    await operator.client.post(f"/console/members/{maker.member_id}/sign-out")
    await owner.execute(
        "INSERT INTO members (id, email, name, role) VALUES (gen_random_uuid(), 'x@example.org', 'X', 'operator')"
    )
    await leaves(studio, operator)
    due(studio, operator.member_id)
    await eraser.run(str(operator.member_id))
    facts = rows(studio, "SELECT kind, address FROM events WHERE actor_id = %s", operator.member_id)
    assert facts == [{"kind": "member:signed_out", "address": None}]


async def test_what_a_killed_worker_left_half_written_goes_too(studio: Studio, eraser: Eraser, full: Full) -> None:
    me, folder = full.person.member_id, studio.assets.store.folder
    assert folder is not None
    (folder / str(me) / "exports").mkdir()
    (folder / str(me) / "exports" / "one-1.zip#1").write_bytes(b"half")
    await leaves(studio, full.person)
    due(studio, me)
    await eraser.run(str(me))
    assert list(folder.glob(f"{me}*")) == []  # not even a folder of that name
