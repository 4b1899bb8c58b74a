"""Flags: on, off, or on for some, always the same ones; switched by operators alone and with a fact."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import Person

from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.limits.flags import UPLOADS, Flag, flag, shares, switch, within


def test_a_share_of_members_has_it_and_keeps_it_as_the_share_grows() -> None:
    members = [new_id() for _ in range(2000)]
    some = {member for member in members if within("x", 30, member)}
    more = {member for member in members if within("x", 60, member)}
    assert 500 < len(some) < 700
    assert some < more
    assert some != {member for member in members if within("y", 30, member)}
    assert all(within("x", 100, member) for member in members)
    assert not any(within("x", 0, member) for member in members)
    assert (within("x", 100, None), within("x", 99, None)) == (True, False)


async def test_an_operators_word_goes_before_the_default(
    web_db: Database, operator_db: Database, operator: Person
) -> None:
    new = Flag("uploads", "x", 100)
    async with operator_db.transaction(Acting.for_studio(operator.member_id)) as db:
        await switch(db, UPLOADS, 0, by=operator.member_id)
        await switch(db, UPLOADS, 0, by=operator.member_id)
        assert (await shares(db))["uploads"] == 0
        kept = await db.execute(text("SELECT data FROM events WHERE kind = 'flag:switched'"))
        assert kept.scalar_one() == {"flag": "uploads", "before": 100, "after": 0}
    async with web_db.transaction(Acting.nobody()) as db:
        assert not await flag(db, new, member=new_id())
        with pytest.raises(DBAPIError, match="permission denied"):
            await db.execute(text("UPDATE flags SET share = 100"))


async def test_switched_off_uploads_are_refused_and_said(operator: Person, maker: Person) -> None:
    assert (await operator.client.post("/console/flags/uploads", data={"share": "0"})).status_code == 303
    sent = await maker.client.post("/library/uploads", files={"file": ("a.png", b"x", "image/png")})
    assert sent.status_code == 403
    assert "switched off for now" in sent.text
    for share in ("101", "-1", "", "x", "٣"):
        assert (await operator.client.post("/console/flags/uploads", data={"share": share})).status_code == 422
    assert (await operator.client.post("/console/flags/dreams", data={"share": "1"})).status_code == 404
    await operator.client.post("/console/flags/uploads", data={"share": "100"})
    sent = await maker.client.post("/library/uploads", files={"file": ("a.png", b"x", "image/png")})
    assert sent.status_code != 403
