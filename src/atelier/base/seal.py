"""Sealing what only the studio may read and nobody may change: a cookie that waits, the secret of an authenticator."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12  # bytes


class Seal:
    """AES-256-GCM under `key`, which is derived from the studio's secret; `purpose` must be the same to open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, text: str, *, purpose: str) -> str:
        """The sealed text, in base64url."""
        return self.close_bytes(text.encode(), purpose=purpose)

    def close_bytes(self, data: bytes, *, purpose: str) -> str:
        """The sealed bytes, in base64url."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, data, purpose.encode())
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, sealed: str, *, purpose: str) -> str | None:
        """The text, or None if it is not ours, was changed, or was sealed for something else."""
        data = self.open_bytes(sealed, purpose=purpose)
        return data.decode() if data is not None else None

    def open_bytes(self, sealed: str, *, purpose: str) -> bytes | None:
        """The bytes, or None if they are not ours, were changed, or were sealed for something else."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError, binascii.Error):
            return None
