"""Linking an account elsewhere to a member, and unlinking it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.errors import Conflict, NotFound
from atelier.base.ids import new_id
from atelier.people import sessions
from atelier.people.factors.passkeys import list_passkeys
from atelier.people.oidc.said import Said
from atelier.people.oidc.tables import Identity, ProviderSession
from atelier.people.tables import Member
from atelier.web.language import translate


class LinkedAlready(Conflict):
    """Somebody has linked that account."""

    code = "linked_already"

    def __init__(self, name: str) -> None:
        super().__init__(
            translate("That account at %(name)s opens an account here already. Nothing was changed.") % {"name": name}
        )


class OnlyWayIn(Conflict):
    """Without it the member could not come in any more."""

    code = "only_way_in"

    def __init__(self) -> None:
        super().__init__("This is your only way in. Set a password, make a passkey or link another account first.")


async def find(db: AsyncSession, key: str) -> UUID | None:
    """The member whom the account with that key opens; `db` knocks with the key."""
    return await db.scalar(select(Identity.member_id).where(Identity.key == key))


async def link(db: AsyncSession, said: Said, *, member_id: UUID) -> UUID:
    """Link the account to the acting member; return the link's id.

    Raises `LinkedAlready` if it is anybody's; the transaction is of no more use then.
    """
    identity_id = new_id()
    row = {
        "id": identity_id,
        "member_id": member_id,
        "issuer": said.provider.issuer,
        "key": said.key,
        "label": said.label,
        "proved_email": said.email if said.verified else None,
    }
    try:
        await db.execute(insert(Identity).values(row).inline())
    except IntegrityError as error:
        raise LinkedAlready(said.provider.name) from error
    await db.execute(text("SELECT people_prove_by_provider()"))
    await events.record(db, "identity:linked", member=member_id, subject=identity_id, provider=said.provider.id)
    return identity_id


async def seen(db: AsyncSession, said: Said, *, member_id: UUID) -> None:
    """Note that the account was used, and its e-mail by now, if that was told this time."""
    changed = update(Identity).where(Identity.key == said.key, Identity.member_id == member_id)
    label = said.email or Identity.label
    await db.execute(changed.values(used_at=func.now(), label=label))


async def list_identities(db: AsyncSession, *, member_id: UUID) -> list[Identity]:
    """The accounts that open the member's, the first linked first."""
    return list(await db.scalars(select(Identity).where(Identity.member_id == member_id).order_by(Identity.id)))


async def unlink(
    db: AsyncSession, *, member_id: UUID, identity_id: UUID, but: UUID | None, issuers: Collection[str]
) -> None:
    """Unlink one of the member's accounts and end what was begun with it, except the session `but`.

    Only accounts at `issuers` still open anything. Raises `NotFound` and `OnlyWayIn`.
    """
    password = await db.scalar(  # held, so that two windows don't unlink the last two at once
        select(Member.password_hash).where(Member.id == member_id).with_for_update()
    )
    found = await db.execute(select(Identity.id, Identity.key, Identity.issuer).where(Identity.member_id == member_id))
    mine = {row.id: row for row in found}
    if identity_id not in mine:
        raise NotFound("account")
    others = [row for row in mine.values() if row.id != identity_id and row.issuer in issuers]
    keys = await list_passkeys(db, member_id=member_id)
    if password is None and not others and not [key for key in keys if key.halted_at is None]:
        raise OnlyWayIn
    await db.execute(delete(Identity).where(Identity.id == identity_id, Identity.member_id == member_id))
    await events.record(db, "identity:unlinked", member=member_id, subject=identity_id)
    begun = select(ProviderSession.session_id).where(
        ProviderSession.member_id == member_id,
        ProviderSession.subject_key == mine[identity_id].key,
        ProviderSession.session_id.is_distinct_from(but),
    )
    for session_id in await db.scalars(begun):
        await sessions.end(db, member_id=member_id, session_id=session_id)
