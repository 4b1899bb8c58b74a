"""Telling a member by mail that how one gets into their account has changed."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.notify import Writer
from atelier.people.tables import Member

What = Literal[
    "app_added",
    "app_removed",
    "passkey_added",
    "passkey_removed",
    "passkey_halted",
    "code_used",
    "codes_guessed",
    "codes_made",
    "password_set",
    "password_removed",
    "all_removed",
]


async def tell(db: AsyncSession, writer: Writer, member_id: UUID, what: What, **about: str | int) -> None:
    """Write to the member; `db` acts for them or for the studio. `about`: a passkey's name, the codes left."""
    wanted = select(Member.id, Member.name, Member.email, Member.language).where(Member.id == member_id)
    row = (await db.execute(wanted)).one()
    await writer.write(
        db,
        "people/mail/factor.html",
        to=row.email,
        member_id=row.id,
        language=row.language,
        path="/account/security",
        name=row.name,
        what=what,
        about={"called": "", "left": 0, **about},
    )
