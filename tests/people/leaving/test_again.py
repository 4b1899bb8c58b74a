"""The list of who was erased, as it is kept apart from backups and applied to a restored one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.people.leaving.conftest import Full, below, due
from tests.people.mailbox import rows

from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.people.leaving.again import BadList, erase_again, gone, read
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.leave import leave
from atelier.people.leaving.tend import tend
from atelier.spine import Studio


async def test_who_is_back_leaves_at_once(studio: Studio, eraser: Eraser, full: Full, tmp_path: Path) -> None:
    """As after a restore of a backup that still knows them."""
    me, nobody = full.person.member_id, new_id()
    (tmp_path / "erased.txt").write_text(f"{me} 2026-11-21T04:00:00Z\n{nobody} 2026-11-21T04:00:00Z\n\n")
    assert erase_again(studio.owner_url, read(tmp_path / "erased.txt")) == [me]
    assert (await full.person.client.get("/api/v1/me")).status_code == 401
    await tend(studio.worker_db, studio.assets.store)
    (entry,) = rows(studio, "SELECT args FROM procrastinate_jobs WHERE task_name = 'people:erase'")
    await eraser.run(entry["args"]["member_id"])
    assert rows(studio, "SELECT 1 FROM members WHERE id = %s", me) == []
    assert below(studio, me) == []
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        assert {member for member, _ in await gone(db)} == {me, nobody}


async def test_who_is_erased_twice_is_on_the_list_once(studio: Studio, eraser: Eraser, full: Full) -> None:
    me = full.person.member_id
    async with studio.web_db.transaction(Acting.member(me)) as db:
        await leave(db, studio.accounts, member_id=me, by=me)
    due(studio, me)
    await eraser.run(str(me))
    assert erase_again(studio.owner_url, [me]) == []
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        assert [member for member, _ in await gone(db)] == [me]


@pytest.mark.parametrize("words", ["nobody at all", "\x00\xff"])
def test_another_file_is_no_list(tmp_path: Path, words: str) -> None:
    (tmp_path / "letter").write_bytes(words.encode("latin-1"))
    with pytest.raises(BadList, match="Nothing was restored"):
        read(tmp_path / "letter")
