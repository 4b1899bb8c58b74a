"""Who makes what the command line asks for: a member by e-mail, or the studio's own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.base.ids import new_id
from atelier.people.tables import Member
from atelier.spine import JobRequest, Studio, quote

HOUSE = UUID("00000000-0000-7000-8000-000000000001")
EMAIL = "house@atelier.invalid"  # RFC 2606: nobody's; without a password nobody signs in as it


class NoSuchMember(NotFound):
    """Nobody here has that e-mail."""

    code = "unknown_member"


async def member_of(studio: Studio, email: str) -> UUID:
    """The member of that e-mail, or the studio's own, who comes to be on first use."""
    if email:
        wanted = select(Member.id).where(Member.email == email.strip().lower(), Member.state == "active")
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            found = (await db.execute(wanted)).scalar_one_or_none()
        if found is None:
            raise NoSuchMember("member", f"Nobody here has the e-mail {email}.")
        return found
    async with studio.web_db.transaction(Acting.member(HOUSE)) as db:
        await db.execute(insert(Member).values(id=HOUSE, email=EMAIL, name="House").on_conflict_do_nothing())
        await ledger.open_wallet(db, member_id=HOUSE)
    return HOUSE


async def pay_for_house(studio: Studio, asked: JobRequest) -> None:
    """Give the studio's own member what the request costs, out of promotion, where the wallet hasn't got it."""
    price = quote(studio.catalog, asked.tool, asked.model, asked.input).price
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        short = price - (await ledger.balance(db, member_id=HOUSE)).available
        if short > 0:
            memo = "The studio's own work"
            await ledger.grant(db, member_id=HOUSE, amount=short, key=f"house:{new_id()}", memo=memo)
