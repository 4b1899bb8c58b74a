"""Letting somebody in who lost every factor: an operator's deed, its reason in the trail, and a mail to the member."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from fastapi.responses import RedirectResponse
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import rows_changed
from atelier.base.errors import BadRequest, NotFound
from atelier.base.ids import parse_id
from atelier.base.text import is_one_line
from atelier.limits.limit import GENERAL
from atelier.notify import Writer
from atelier.people.console import members, standing
from atelier.people.factors.tables import Authenticator, Passkey, RecoveryCode
from atelier.people.factors.tell import tell
from atelier.people.request import Accounts
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.post("/console/members/{member_id}/factors/removal", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def take_off(accounts: Accounts, me: Me, db: Db, member_id: str, why: FormText = "") -> Response:
    """Take every second factor off a member's account, and sign it out everywhere."""
    whom, words = parse_id(member_id, "member"), " ".join(why.split())
    if not words or len(words) > members.MEMO_LENGTH or not is_one_line(words):
        raise BadRequest("Write why, for the trail, at most 200 characters. Nothing was changed.", field="why")
    await remove_all(db, accounts.writer, by=me.member_id, member_id=whom, why=words)
    return RedirectResponse(f"/console/members/{whom}?done=factors", 303)


async def remove_all(db: AsyncSession, writer: Writer, *, by: UUID, member_id: UUID, why: str) -> None:
    """Remove a member's authenticator, passkeys and recovery codes. Raises `NotFound` if there are none.

    What they have besides, a password or an account elsewhere, opens the account again; who has neither gets a new
    password by mail.
    """
    await standing.hold(db, by, member_id)
    removed = 0
    for table in (Authenticator, Passkey):
        removed += rows_changed(await db.execute(delete(table).where(table.member_id == member_id)))
    if not removed:
        raise NotFound("second factor")
    await db.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    await standing.sign_out(db, by=by, member_id=member_id)
    await events.record(db, "factor:all_removed", member=by, subject=member_id, factors=removed, why=why)
    await tell(db, writer, member_id, "all_removed")
