"""Links to files: whoever holds one may read that one file until the link expires, signed in or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal
from urllib.parse import urlencode
from uuid import UUID

from atelier.base.clock import now
from atelier.base.crypto import derive, sign, verify
from atelier.base.errors import AtelierError

Variant = Literal["original", "thumb"]
HOUR = 3600
LIFE = 6 * HOUR  # the least that a link lasts; a page may stay open for an afternoon


class BadLink(AtelierError):
    """The link is not one that we signed."""

    code: ClassVar[str] = "bad_link"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__("This link to a file is incomplete or was changed.")


class ExpiredLink(AtelierError):
    """The link was ours and its time is over."""

    code: ClassVar[str] = "expired_link"
    status: ClassVar[int] = 410

    def __init__(self) -> None:
        super().__init__("This link to a file has expired. Open the page again for a new one.")


class Links:
    """Signs and reads links with a key of their own."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "links to files")

    def make(
        self, asset_id: UUID, member_id: UUID, variant: Variant, *, download: bool = False, at: datetime | None = None
    ) -> str:
        """The address of a file; the same all through an hour, so that browsers keep what they have."""
        expiry = expires(asset_id, at or now())
        query = {"m": member_id.hex, "e": expiry, "s": sign(self._key, _message(asset_id, variant, member_id, expiry))}
        return f"/files/{asset_id}/{variant}?{urlencode(query)}" + ("&download=1" if download else "")

    def read(
        self, asset_id: UUID, variant: str, query: Mapping[str, str], at: datetime | None = None
    ) -> tuple[UUID, int]:
        """The member that a link names and the seconds it still lasts; raises `BadLink` or `ExpiredLink`."""
        try:
            member_id, expiry = UUID(hex=query.get("m", "")), int(query.get("e", ""))
        except ValueError:
            raise BadLink from None
        written = query.get("s", "")
        if not written.isascii() or not verify(self._key, _message(asset_id, variant, member_id, expiry), written):
            raise BadLink
        left = expiry - int((at or now()).timestamp())
        if left <= 0:
            raise ExpiredLink
        return member_id, left


def expires(asset_id: UUID, at: datetime) -> int:
    """When a link made at `at` ends, in Unix seconds: each asset's hour begins at its own second, so that they don't
    all change at once."""
    shift = asset_id.int % HOUR
    return (int(at.timestamp() - shift) // HOUR + 1) * HOUR + shift + LIFE


def _message(asset_id: UUID, variant: str, member_id: UUID, expiry: int) -> str:
    return f"{asset_id} {variant} {member_id} {expiry}"
