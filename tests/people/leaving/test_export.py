"""Exports: everything that is a member's and nothing else, once at a time, and gone when its time is over."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TypeAlias

import asyncpg
import pytest
from fastapi import FastAPI
from tests.people.factors.test_confirmation import hidden
from tests.people.leaving.conftest import MARKER, Full, ask, below, look, packed, read
from tests.people.mailbox import rows
from tests.roles import PASSWORD, Person, browser

from atelier.assets import StorageFull, Store
from atelier.base.db import Acting
from atelier.base.isolation import isolate
from atelier.jobs.background import requeue
from atelier.people import tokens
from atelier.people.leaving import exports, fill, owned
from atelier.people.leaving.fill import Exporter, Stopped
from atelier.people.leaving.tend import expire
from atelier.people.room import ROOM
from atelier.spine import Studio
from atelier.web.scopes import Scope

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def test_every_table_is_exported_or_left_out_for_a_reason(studio: Studio) -> None:
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        found = await owned.sort(db)
    assert found.forgotten == [], "say in people/leaving/owned.py what becomes of rows that only mention a member"
    assert len(found.exported) > 10
    assert all(reason for reason in owned.LEFT_OUT.values())


async def test_the_archive_holds_everything_and_its_letter_names_each_file(
    studio: Studio, exporter: Exporter, full: Full, owner: Owner
) -> None:
    archive = await packed(studio, exporter, full.person.member_id)
    assert archive.testzip() is None
    names, letter = set(archive.namelist()), archive.read("README.txt").decode()
    assert all(name in letter for name in names if not name.startswith("files/") and name != "README.txt")
    for table in await owner.fetch("SELECT name, owner FROM people_owned() WHERE mine"):
        if (table["name"], table["owner"]) in owned.LEFT_OUT or table["name"] in owned.STATEMENT:
            continue
        count = await owner.fetchval(
            f"SELECT count(*) FROM {table['name']} WHERE {table['owner']} = $1", full.person.member_id
        )
        told = {"members": "account", "sessions": "sign-ins", "jobs": "runs", "assets": "files", "mails": "mail"}
        told |= {"provider_sessions": "sign-ins-through-providers", "tokens": "api-tokens"}
        name = f"{told.get(table['name'], table['name'].replace('_', '-'))}.json"
        if count:
            packed_since = 1 if table["name"] in ("events", "mails") else 0  # that it is ready
            assert len(read(archive, name)) == count - packed_since, name
    assert read(archive, "account.json")[0]["email"] == full.person.email
    wallet = read(archive, "wallet.json")
    assert wallet["available"] == sum(line["credits"] for line in wallet["statement"])
    for asset in read(archive, "files.json"):
        assert asset["settings"]["input"]["prompt"].startswith(MARKER)
        stored = next(one for one in full.assets if str(one.id) == asset["id"])
        assert archive.read(asset["file"]) == await studio.assets.store.get(stored.path)
    assert sum(name.startswith("files/") for name in names) == len(full.assets)


async def test_an_export_whose_entry_was_lost_is_entered_again_once(studio: Studio, full: Full) -> None:
    await ask(studio, full.person.member_id)
    rows(studio, "DELETE FROM procrastinate_jobs")
    assert await requeue(ROOM.tasks(studio), studio.worker_db) == 0  # its entry may be about to come
    rows(studio, "UPDATE exports SET created_at = now() - interval '1 minute'")
    assert [await requeue(ROOM.tasks(studio), studio.worker_db) for _ in range(2)] == [1, 0]
    (entry,) = rows(studio, "SELECT task_name, lock FROM procrastinate_jobs")
    assert entry["task_name"] == "people:export"
    assert entry["lock"].startswith("exports ")  # two at a time in the whole studio, as when it was asked for


async def test_no_secret_leaves_the_studio(studio: Studio, exporter: Exporter, full: Full, owner: Owner) -> None:
    await owner.execute(
        "UPDATE authenticators SET secret = 'never-this-one' WHERE member_id = $1", full.person.member_id
    )
    archive = await packed(studio, exporter, full.person.member_id)
    said = "".join(archive.read(name).decode() for name in archive.namelist() if not name.startswith("files/"))
    assert "$argon2" not in said
    assert "never-this-one" not in said
    digests = await owner.fetch(
        "SELECT digest FROM sessions UNION SELECT digest FROM tokens UNION SELECT digest FROM confirmations"
    )
    assert digests
    assert not [row["digest"] for row in digests if len(row["digest"] or "") == 64 and row["digest"] in said]
    assert all('"sha256"' in line for line in said.splitlines() if re.search(r"\b[0-9a-f]{64}\b", line))


async def test_nothing_of_anybody_else_is_in_it(
    studio: Studio, exporter: Exporter, full: Full, stranger: Person, operator: Person
) -> None:
    await operator.client.post(f"/console/members/{stranger.member_id}/ban", data={"why": "a reason"})
    archive = await packed(studio, exporter, stranger.member_id)
    said = "".join(archive.read(name).decode() for name in archive.namelist())
    assert MARKER not in said
    assert full.person.email not in said
    assert operator.email not in said
    assert str(operator.member_id) not in said
    assert "a reason" in said  # what an operator did about them is theirs to know
    assert [name for name in archive.namelist() if name.startswith("files/")] == []


async def test_a_new_table_is_exported_without_a_line(
    studio: Studio, exporter: Exporter, maker: Person, owner: Owner
) -> None:
    await owner.execute(
        "CREATE TABLE diaries (id uuid PRIMARY KEY, member_id uuid NOT NULL, words text, secret_hash text)"
    )
    for statement in isolate("diaries", worker=""):
        await owner.execute(statement)
    await owner.execute("INSERT INTO diaries VALUES (gen_random_uuid(), $1, 'dear diary', 'h')", maker.member_id)
    archive = await packed(studio, exporter, maker.member_id)
    (entry,) = read(archive, "diaries.json")
    assert entry["words"] == "dear diary"
    assert "secret_hash" not in entry


async def test_a_table_that_only_mentions_members_must_be_named(studio: Studio, owner: Owner) -> None:
    await owner.execute("CREATE TABLE gifts (id uuid PRIMARY KEY, giver uuid REFERENCES members)")
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        assert (await owned.sort(db)).forgotten == [("gifts", "giver")]


async def test_two_wishes_at_once_are_one_export(studio: Studio, maker: Person) -> None:
    asked = await asyncio.gather(*(ask(studio, maker.member_id) for _ in range(4)))
    assert len({export.id for export in asked}) == 1
    entries = rows(studio, "SELECT args FROM procrastinate_jobs WHERE task_name = 'people:export'")
    assert len(entries) == 1


async def test_a_new_one_takes_the_place_of_an_older_one(studio: Studio, exporter: Exporter, full: Full) -> None:
    me = full.person.member_id
    await packed(studio, exporter, me)
    await packed(studio, exporter, me)
    await expire(studio.worker_db, studio.assets.store)
    assert len([path for path in below(studio, me) if path.startswith("exports/")]) == 1
    states = [row["state"] for row in rows(studio, "SELECT state FROM exports ORDER BY id")]
    assert states == ["expired", "ready"]


async def test_a_canceled_one_stops_and_leaves_nothing(
    studio: Studio, exporter: Exporter, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "EVERY", 0.0)  # it looks after each file whether it is still wanted
    me = full.person.member_id
    export = await ask(studio, me)
    before = below(studio, me)

    class Slow(Store):
        async def list(self, prefix="", size=1000):  # type: ignore[no-untyped-def]
            async with studio.web_db.transaction(Acting.member(me)) as db:
                await exports.cancel(db, export.id)
            async for some in Store.list(self, prefix, size):
                yield some

    slow = Slow(studio.assets.store._backend)
    claimed = replace(exporter, store=slow)
    assert (await claimed._claim(export.id, me)) is not None
    with pytest.raises(Stopped):
        await claimed._write(await look(studio, export), "nowhere.zip")
    assert below(studio, me) == before
    assert (await look(studio, export)).state == "canceled"
    await exporter.run(str(export.id), str(me))  # its entry, taken again, does nothing
    assert below(studio, me) == before


async def test_after_a_killed_attempt_the_next_begins_anew(studio: Studio, exporter: Exporter, full: Full) -> None:
    me = full.person.member_id
    export = await ask(studio, me)
    killed = await exporter._claim(export.id, me)
    assert killed is not None
    half = f"{me}/exports/{export.id}-1.zip"
    await studio.assets.store.put(half, b"half", "application/zip")
    assert studio.assets.store.folder is not None
    (studio.assets.store.folder / f"{half}#1").write_bytes(b"half")  # as the store names what it is still writing
    await exporter.run(str(export.id), str(me))
    done = await look(studio, export)
    assert (done.state, done.attempt, done.files) == ("ready", 2, 2)
    assert not await exporter._ready(killed, half, 4)  # it was only presumed dead, and comes too late
    assert [path for path in below(studio, me) if path.startswith("exports/")] == [f"exports/{export.id}-2.zip"]
    mails = rows(studio, "SELECT subject FROM mails WHERE subject LIKE 'Your export%%'")
    assert len(mails) == 1


async def test_a_full_disk_says_so_and_keeps_nothing(studio: Studio, exporter: Exporter, full: Full) -> None:
    class Packed(Store):
        async def write(self, path, chunks, content_type):  # type: ignore[no-untyped-def]
            async for _ in chunks:
                raise StorageFull

    me = full.person.member_id
    export = await ask(studio, me)
    before = below(studio, me)
    await replace(exporter, store=Packed(studio.assets.store._backend)).run(str(export.id), str(me))
    done = await look(studio, export)
    assert (done.state, done.error_code) == ("failed", "storage_full")
    assert below(studio, me) == before
    assert "storage is full, so the file could not be kept" in (await full.person.client.get("/account/data")).text


async def test_it_never_takes_the_last_room_of_the_disk(studio: Studio, exporter: Exporter, full: Full) -> None:
    class Narrow(Store):
        async def room(self) -> int | None:
            return 1_000_000

        async def write(self, path, chunks, content_type):  # type: ignore[no-untyped-def]
            raise AssertionError("nothing may be written")

    export = await ask(studio, full.person.member_id)
    narrow = replace(exporter, store=Narrow(studio.assets.store._backend))
    await narrow.run(str(export.id), str(full.person.member_id))
    assert (await look(studio, export)).error_code == "storage_full"
    assert (await studio.assets.store.room() or 0) > 1_000_000


async def test_a_browser_confirms_that_it_is_its_member_first(studio: Studio, maker: Person) -> None:
    rows(studio, "UPDATE sessions SET confirmed_at = now() - interval '1 hour'")
    assert (await maker.client.post("/api/v1/exports")).status_code == 403
    assert (await maker.client.post("/account/exports")).status_code == 403
    assert (await maker.client.post("/account/deletion", data={"understood": "yes"})).status_code == 403
    assert rows(studio, "SELECT 1 FROM exports") == []
    assert rows(studio, "SELECT 1 FROM departures") == []


async def test_a_leaked_link_opens_nothing_without_a_fresh_confirmation(
    app: FastAPI, studio: Studio, exporter: Exporter, full: Full
) -> None:
    await packed(studio, exporter, full.person.member_id)
    client = full.person.client
    address = (await client.get("/api/v1/exports")).json()["items"][0]["url"]
    async with browser(app) as nobody:
        assert (await nobody.get(address, headers={"accept": "application/json"})).status_code == 401
    rows(studio, "UPDATE sessions SET confirmed_at = now() - interval '16 minutes'")
    for headers in ({}, {"range": "bytes=0-3"}, {"range": "bytes=4-"}):
        asks = await client.get(address, headers=headers)
        assert asks.status_code == 403
        assert b"PK" not in asks.content[:4]
    assert rows(studio, "SELECT 1 FROM events WHERE kind = 'export:fetched'") == []
    done = await client.post("/account/confirmation", data={**hidden(asks), "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, address.removeprefix(studio.origin))
    assert (await client.get(address)).content.startswith(b"PK")


async def test_the_page_lets_the_browser_show_what_is_asked_before_the_download(
    studio: Studio, exporter: Exporter, full: Full
) -> None:
    await packed(studio, exporter, full.person.member_id)
    page = (await full.person.client.get("/account/data")).text
    link = re.search(r"<a [^>]*/archive[^>]*>", page)
    assert link is not None
    assert " download=" not in link[0]  # it would save the page that asks as a file


async def test_only_the_member_fetches_it_and_only_with_its_link(
    app: FastAPI, studio: Studio, exporter: Exporter, full: Full, stranger: Person, operator: Person
) -> None:
    await packed(studio, exporter, full.person.member_id)
    page = (await full.person.client.get("/account/data")).text
    link = re.search(r'href="(/account/exports/[^"]+)"', page)
    assert link is not None
    address = link[1].replace("&amp;", "&")
    answer = await full.person.client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert len(answer.content) == int(answer.headers["content-length"])
    part = await full.person.client.get(address, headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PK\x03\x04")
    for somebody in (stranger, operator):
        assert (await somebody.client.get(address)).status_code == 404
    assert (await full.person.client.get(address[:-1] + "x")).status_code == 403
    assert (await full.person.client.get(address.replace("e=1", "e=2"))).status_code == 403
    assert (await full.person.client.get(address.partition("?")[0])).status_code == 403
    # an operator who looks at the member's pages takes nothing along
    await operator.client.post(f"/console/members/{full.person.member_id}/look")
    assert (await operator.client.get(address)).status_code == 403
    for scope, status in ((Scope.DATA_READ, 200), (Scope.ASSETS_READ, 403)):
        async with studio.web_db.transaction(Acting.member(full.person.member_id)) as db:
            _, secret = await tokens.create(db, member_id=full.person.member_id, name="t", scopes=[scope])
        answer = await full.person.client.get(address, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status


async def test_it_is_gone_when_its_week_is_over(studio: Studio, exporter: Exporter, full: Full) -> None:
    me, client = full.person.member_id, full.person.client
    before = below(studio, me)
    await packed(studio, exporter, me)
    address = (await client.get("/api/v1/exports")).json()["items"][0]["url"]
    assert await expire(studio.worker_db, studio.assets.store) == 0
    rows(studio, "UPDATE exports SET expires_at = now()")
    assert (await client.get(address)).status_code == 410
    assert await expire(studio.worker_db, studio.assets.store) == 1
    assert below(studio, me) == before
    assert (await client.get("/api/v1/exports")).json()["items"][0]["state"] == "expired"
    assert (await client.get(address)).status_code == 410


async def test_a_member_asks_and_cancels_by_page_and_by_program(maker: Person, stranger: Person) -> None:
    assert (await maker.client.post("/account/exports")).headers["location"] == "/account/data"
    page = (await maker.client.get("/account/data")).text
    assert "waits for its turn" in page
    found = (await maker.client.post("/api/v1/exports")).json()
    assert found["state"] == "queued"
    where = f"/api/v1/exports/{found['id']}"
    assert (await stranger.client.get(where)).status_code == 404
    assert (await stranger.client.post(f"{where}/cancellation")).status_code == 404
    assert (await maker.client.post(f"{where}/cancellation")).json()["state"] == "canceled"
    assert (await maker.client.post(f"{where}/cancellation")).status_code == 200
    again = (await maker.client.post("/api/v1/exports")).json()
    assert again["id"] != found["id"]
