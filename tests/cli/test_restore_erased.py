"""`atelier erased` and `restore --erased`: whoever was erased after a backup was made does not come back with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy import insert
from tests.cli.conftest import Run

from atelier import ledger
from atelier.base.crypto import derive
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio, owner_url
from atelier.cli.opening import holding_database
from atelier.people.leaving.again import erase_again, erase_now
from atelier.people.leaving.erase import Eraser
from atelier.people.tables import Member
from atelier.settings import load

MEMBER = new_id()
EMAIL = "mara@example.org"


async def _join(home: Path) -> None:
    """Let the member join, with credits."""
    settings = load(home=home)
    with holding_database(settings):
        async with open_studio(settings) as studio:
            async with studio.web_db.transaction(Acting.member(MEMBER)) as db:
                await db.execute(insert(Member).values(id=MEMBER, email=EMAIL, name="Mara"))
                await ledger.open_wallet(db, member_id=MEMBER)
            async with studio.operator_db.transaction(Acting.for_studio()) as db:
                await ledger.grant(db, member_id=MEMBER, amount=100, key="first")


def _below(home: Path) -> list[Path]:
    return [path for path in (home / "files" / str(MEMBER)).rglob("*") if path.is_file()]


async def _erase(home: Path) -> None:
    """Let the member leave, and erase them, as the worker does when their days are over."""
    settings = load(home=home)
    with holding_database(settings):
        async with open_studio(settings) as studio:
            secret = settings.secret.get_secret_value()
            assert erase_again(studio.owner_url, [MEMBER]) == [MEMBER]
            eraser = Eraser(studio.worker_db, studio.assets.store, partial(derive, secret))
            assert await erase_now(eraser, [MEMBER]) == 0


def _naming(home: Path) -> dict[str, int]:
    """How many rows of each table name the member, by number or e-mail."""
    settings = load(home=home)
    with holding_database(settings), psycopg.connect(libpq_url(owner_url(settings))) as db:
        tables = [row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        counted = {
            table: db.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY(%s)".encode(), [[f"%{MEMBER}%", f"%{EMAIL}%"]]
            ).fetchone()
            for table in tables
        }
    return {table: row[0] for table, row in counted.items() if row and row[0]}


async def test_whoever_was_erased_since_is_gone_from_what_is_restored(atelier: Run, folder: Path, home: Path) -> None:
    archive, listed, there = folder / "studio.tar", folder / "erased.txt", folder / "there"
    assert atelier("migrate", "up").returncode == 0
    await _join(home)
    made = atelier("make", "image.generate", "prompt=x", "count=1", "--as", EMAIL, "--out", str(folder))
    assert made.returncode == 0, made.stderr
    assert atelier("backup", str(archive)).returncode == 0
    assert _below(home)
    await _erase(home)
    listed.write_text(atelier("erased").stdout)
    assert str(MEMBER) in listed.read_text()
    done = atelier("restore", str(archive), "--into", str(there), "--erased", str(listed), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["erased_again"], said["erased_later"], said["balanced"]) == (1, 0, True)
    assert _below(there) == []
    assert _naming(there) == _naming(home) == {"erasures": 1, "events": 1}  # the list, and the fact itself
    without = folder / "without"
    assert atelier("restore", str(archive), "--into", str(without)).returncode == 0
    assert _below(without)  # the backup does hold them
