"""Delivering one mail: leased for a while, handed over, and written down; tried again while that can help.

A worker that dies between the server's yes and our writing it down makes the mail go twice; both carry the same
Message-ID, by which mail programs show one. Nothing else does: who has not the lease sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import mailhead
from atelier.base.clock import now
from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs.background import Again
from atelier.notify import rules
from atelier.notify.carrier import Carrier, Refused, Unreachable
from atelier.notify.keys import Keys
from atelier.notify.tables import Mail, State

LEASE = timedelta(minutes=3)  # longer than any conversation with a server


@dataclass(frozen=True, slots=True)
class Postman:
    """What delivering needs."""

    database: Database  # the worker's
    carrier: Carrier
    keys: Keys
    origin: str

    async def deliver(self, mail_id: str) -> None:
        """Deliver that mail if it still waits; raises `Again` where it must be tried later."""
        async with self.database.transaction(Acting.for_studio()) as db:
            mail = await _lease(db, UUID(mail_id))
        if mail is None:
            return
        if self.carrier.sender is None:
            await self._end(mail, State.KEPT)
            return
        try:
            await self.carrier.carry(message(mail, self.carrier.sender, self.keys, self.origin), mail.recipient)
        except Unreachable as trouble:
            await self._put_off(mail, str(trouble))
        except (Refused, ValueError) as trouble:  # ValueError: what stands in its head cannot be said in a mail
            get_log().warning("mail:failed", mail=str(mail.id), reason=str(trouble))
            await self._end(mail, State.FAILED, error=str(trouble))
        else:
            await self._end(mail, State.SENT)
            get_log().info("mail:sent", mail=str(mail.id), attempt=mail.attempt)

    async def _put_off(self, mail: Mail, trouble: str) -> None:
        if rules.too_late(mail.created_at, now()):
            get_log().error("mail:failed", mail=str(mail.id), reason=trouble)
            await self._end(mail, State.FAILED, error=trouble)
            return
        get_log().warning("mail:put_off", mail=str(mail.id), attempt=mail.attempt, reason=trouble)
        await self._end(mail, State.WAITING, error=trouble)
        raise Again(rules.wait(mail.attempt))

    async def _end(self, mail: Mail, state: State, error: str | None = None) -> None:
        """Write down what came of the attempt, unless another has begun since."""
        values = {
            "state": state.value,
            "error": error,
            "leased_until": None,
            "sent_at": func.now() if state is State.SENT else None,
        }
        mine = update(Mail).where(Mail.id == mail.id, Mail.attempt == mail.attempt, Mail.state == State.WAITING)
        async with self.database.transaction(Acting.for_studio()) as db:
            await db.execute(mine.values(values))


async def _lease(db: AsyncSession, mail_id: UUID) -> Mail | None:
    """The mail, in our hands for a while; None if it waits no more, `Again` if it is in another's."""
    mine = (
        update(Mail)
        .where(Mail.id == mail_id, Mail.state == State.WAITING)
        .where(func.coalesce(Mail.leased_until < func.now(), True))
        .values(attempt=Mail.attempt + 1, leased_until=func.now() + LEASE)
        .returning(Mail)
    )
    found = (await db.execute(mine)).scalar_one_or_none()
    if found is None:
        until = await db.scalar(select(Mail.leased_until).where(Mail.id == mail_id, Mail.state == State.WAITING))
        if until is not None:
            raise Again(max(1.0, (until - now()).total_seconds()))
    return found


def message(mail: Mail, sender: str, keys: Keys, origin: str) -> EmailMessage:
    """The mail as it is sent, the same at each attempt; raises ValueError where a head would not be one line."""
    if (
        not mailhead.is_recipient(mail.recipient)
        or not mailhead.one_line(mail.subject)
        or not mailhead.one_line(sender)
    ):
        raise ValueError("A head of this mail is not one line, or names no single recipient.")
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = mail.recipient
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.created_at)
    made["Message-ID"] = f"<{mail.id}@{urlsplit(origin).hostname or 'atelier'}>"
    made["Content-Language"] = mail.language
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    made.set_content(keys.put_into(mail.body, mail.key_id))
    made.add_alternative(keys.put_into(mail.html, mail.key_id), subtype="html")
    return made
