"""Writing a mail, in the transaction of the change that it tells of: the row is in the queue by being written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import BadRequest
from atelier.base.ids import new_id
from atelier.base.mailhead import is_recipient
from atelier.notify.letter import letter
from atelier.notify.tables import Mail


class BadRecipient(BadRequest):
    """No mail can be addressed so."""

    code = "bad_recipient"


class Writer:
    """Writes the studio's letters; `folders` hold the templates of the rooms that have some."""

    def __init__(self, origin: str, folders: Sequence[Path] = ()) -> None:
        self.origin = origin
        self._folders = folders

    async def write(
        self,
        db: AsyncSession,
        letter_name: str,
        /,
        *,
        to: str,
        member_id: UUID | None = None,
        language: str = "en",
        key_id: UUID | None = None,
        path: str = "/",
        **context: Any,
    ) -> UUID:
        """Write the letter `letter_name` (a template) to the address `to`; return the mail's id.

        The letter's `link` leads to `path` here, with the key of `key_id` where there is one. Raises `BadRecipient`.
        """
        if not is_recipient(to):
            raise BadRecipient("No mail can be sent to that address.", field="email")
        link = f"{self.origin}{path}" + (f"?key={key_id}" if key_id else "")
        words = letter(self._folders, letter_name, language, origin=self.origin, link=link, **context)
        mail_id = new_id()
        row = {
            "id": mail_id,
            "member_id": member_id,
            "recipient": to,
            "subject": words.subject,
            "body": words.text,
            "html": words.html,
            "language": language,
            "key_id": key_id,
        }
        await db.execute(insert(Mail).values(row).inline())  # nothing is read back: a member's role may not
        return mail_id
