"""The single-use keys that mails carry: derived from the studio's secret when one is needed, and kept nowhere.

A row knows its key's digest, a mail its key's id, and neither is enough to make the key.
"""

from __future__ import annotations

import base64
import re
from uuid import UUID

from atelier.base.crypto import derive, digest

KEY = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Keys:
    """Makes the keys of one studio."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def of(self, key_id: UUID) -> str:
        """The key with that id, 43 characters of base64url (256 bits)."""
        return base64.urlsafe_b64encode(derive(self._secret, f"mailed key {key_id}")).rstrip(b"=").decode()

    def digest(self, key_id: UUID) -> str:
        """What a row keeps of that key."""
        return digest(self.of(key_id))

    def put_into(self, text: str, key_id: UUID | None) -> str:
        """A mail's text with its key in the place of the key's id."""
        return text.replace(str(key_id), self.of(key_id)) if key_id else text
