"""A new password for who forgot theirs, and a new address for who moved."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.people import confirmations, signin
from atelier.people.account_settings import AccountSettings
from atelier.people.confirmations import Good, KeySpent
from atelier.people.passwords import Passwords
from atelier.people.signup import EmailTaken
from atelier.people.tables import Member
from atelier.web.caller import Caller


async def reset(
    database: Database, passwords: Passwords, accounts: AccountSettings, good: Good, *, key: str, password: str
) -> None:
    """Give the key's member that password, sign every browser out and tell them; `KeySpent` if it is too late."""
    if good.member_id is None:
        raise KeySpent
    password_hash = await passwords.hash(password)
    async with database.transaction(Acting.member(good.member_id)) as db:
        await confirmations.spend(db, key)
        if not await confirmations.prove(db, key):
            raise KeySpent  # the address is theirs no more
        await signin.change_password(db, member_id=good.member_id, password_hash=password_hash, session_id=None)
        await tell_of_password(db, accounts, good.member_id)


async def tell_of_password(db: AsyncSession, accounts: AccountSettings, member_id: object) -> None:
    """Tell the acting member that their password is another now."""
    wanted = select(Member.id, Member.name, Member.email, Member.language).where(Member.id == member_id)
    row = (await db.execute(wanted)).one()
    await accounts.writer.write(
        db,
        "people/mail/password.html",
        to=row.email,
        member_id=row.id,
        language=row.language,
        path="/forgotten",
        name=row.name,
    )


async def wish_to_move(db: AsyncSession, accounts: AccountSettings, me: Caller, *, email: str, language: str) -> None:
    """Ask for another address: the old one is told, and the new one must be confirmed. `db` acts for the member."""
    await confirmations.ask(db, accounts.keys, "change", email=email, language=language, member_id=me.member_id)
    await events.record(db, "member:email_wished", member=me.member_id, subject=me.member_id)


async def confirm(database: Database, accounts: AccountSettings, good: Good, key: str) -> None:
    """Use a key that confirms the member's address, or moves them to a new one and tells the old one.

    Raises `KeySpent`, and `EmailTaken` where somebody else has the new address by now.
    """
    if good.member_id is None:
        raise KeySpent
    async with database.transaction(Acting.member(good.member_id)) as db:
        before = (
            await db.execute(select(Member.email, Member.name, Member.language).where(Member.id == good.member_id))
        ).one()
        await confirmations.spend(db, key)
        if good.purpose == "change":  # to the old address, while it is still the member's: the database looks
            await accounts.writer.write(
                db,
                "people/mail/changed.html",
                to=before.email,
                member_id=good.member_id,
                language=before.language,
                path="/",
                name=before.name,
                new=good.email,
            )
        try:
            proven = await confirmations.prove(db, key)
        except IntegrityError as error:
            raise EmailTaken from error
        if not proven:
            raise KeySpent
        if good.purpose == "change":
            await events.record(db, "member:email_changed", member=good.member_id, subject=good.member_id)
        else:
            await events.record(db, "member:verified", member=good.member_id, subject=good.member_id)
