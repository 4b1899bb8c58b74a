"""Telling members, a week before, that a token of theirs ends."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select, update

from atelier.base.db import Acting, Database
from atelier.notify import Writer
from atelier.notify.write import BadRecipient
from atelier.people.tables import Member, Token

AHEAD = timedelta(days=7)
AT_ONCE = 100


async def tell(database: Database, writer: Writer) -> int:
    """Write to the owners of tokens that end within a week, once for each; return how many that were.

    Who made a token for a few days knows. Any number of workers may do this at once.
    """
    near = (
        (
            select(Token.id)
            .join(Member, Member.id == Token.member_id)
            .where(Token.revoked_at.is_(None), Token.warned_at.is_(None), Member.state == "active")
            .where(Token.expires_at > func.now(), Token.expires_at <= func.now() + AHEAD)
            .where(Token.expires_at - Token.created_at > AHEAD)
            .limit(AT_ONCE)
            .with_for_update(of=Token, skip_locked=True)
        )
        .cte("near")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    columns = (Token.name, Token.hint, Token.expires_at, Token.member_id)
    async with database.transaction(Acting.for_studio()) as db:
        told = await db.execute(
            update(Token).where(Token.id.in_(select(near.c.id))).values(warned_at=func.now()).returning(*columns)
        )
        found = told.all()
        for name, hint, expires_at, member_id in found:
            wanted = select(Member.name, Member.email, Member.language).where(Member.id == member_id)
            member = (await db.execute(wanted)).one()
            with suppress(BadRecipient):  # others are told all the same
                await writer.write(
                    db,
                    "people/mail/expiring.html",
                    to=member.email,
                    member_id=member_id,
                    language=member.language,
                    path="/account",
                    name=member.name,
                    token=name,
                    hint=hint,
                    day=expires_at,
                )
    return len(found)
