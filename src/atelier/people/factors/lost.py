"""Letting an operator in who has lost every factor, where no other operator is there to do it in the console."""

from __future__ import annotations

from sqlalchemy import delete, select

from atelier.base import events
from atelier.base.db import Acting, Database, rows_changed
from atelier.base.errors import BadRequest, Conflict, NotFound
from atelier.people import confirmations
from atelier.people.account_settings import AccountSettings
from atelier.people.factors.tables import Authenticator, Passkey, RecoveryCode
from atelier.people.factors.tell import tell
from atelier.people.tables import Member, Session
from atelier.web.caller import Role

WHY_LENGTH = 200


async def recover(
    operator_db: Database, web_db: Database, accounts: AccountSettings, origin: str, *, email: str, why: str
) -> str:
    """Remove the operator's second factors, end their sign-ins, and return a link that sets a new password once.

    The trail keeps the reason, and the operator is told by mail, all in one transaction.
    """
    reason = " ".join(why.split())
    if not reason or len(reason) > WHY_LENGTH or not reason.isprintable():
        raise BadRequest(f"Give a reason of at most {WHY_LENGTH} characters. Nothing was changed.", field="why")
    wanted = select(Member.id, Member.email, Member.role, Member.state, Member.language)
    async with operator_db.transaction(Acting.for_studio()) as db:
        found = (await db.execute(wanted.where(Member.email == email.strip().lower()))).one_or_none()
    if found is None:
        raise NotFound("member", f"Nobody here has the e-mail {email}. Nothing was changed.")
    if found.role != Role.OPERATOR:
        raise Conflict(f"{found.email} is no operator: an operator helps them in the console. Nothing was changed.")
    if found.state != "active":
        raise Conflict(f"The account of {found.email} is closed ({found.state}). Nothing was changed.")
    me = found.id
    async with web_db.transaction(Acting.member(me)) as db:
        factors = 0
        for table in (Authenticator, Passkey):
            factors += rows_changed(await db.execute(delete(table).where(table.member_id == me)))
        await db.execute(delete(RecoveryCode).where(RecoveryCode.member_id == me))
        sessions = rows_changed(await db.execute(delete(Session).where(Session.member_id == me)))
        await confirmations.end_keys(db, member_id=me)
        key_id = await confirmations.ask(
            db, accounts.keys, "reset", email=found.email, language=found.language, member_id=me
        )
        await events.record(
            db, "operator:recovered", member=me, subject=me, factors=factors, sessions=sessions, why=reason
        )
        await tell(db, accounts.writer, me, "all_removed")
    return f"{origin}/reset?key={accounts.keys.of(key_id)}"
