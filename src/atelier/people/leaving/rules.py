"""Pure decisions about exports and departures."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from atelier.assets.tables import Asset
from atelier.base.crypto import sign, verify
from atelier.base.kinds import extension
from atelier.base.text import file_words

LASTS = timedelta(days=7)  # that an export can be fetched
SPARE = 1_000_000_000  # bytes that an export leaves free on the disk, for the database and everybody's work
TRIES = 5  # of an export whose worker dies or whose store breaks
LINK = "link to an export"
KEEPING = "keeping an account"
KEEPING_LASTS = 900  # seconds that a page offers to keep an account


def folder(member_id: UUID) -> str:
    """Where a member's exports lie: among their files, so that whatever deletes those deletes these."""
    return f"{member_id}/exports/"


def path(member_id: UUID, export_id: UUID, attempt: int) -> str:
    """Where one attempt writes: another one's half of a file never gets in its way."""
    return f"{folder(member_id)}{export_id}-{attempt}.zip"


def name_in_archive(asset: Asset) -> str:
    """What a file is called in the archive: by its month, its first words and its id."""
    words = file_words(asset.title, 60) or asset.kind
    place = "files/deleted" if asset.deleted_at else f"files/{asset.created_at:%Y-%m}"
    return f"{place}/{words}-{asset.id.hex[-12:]}.{extension(asset.content_type)}"


def address(key: bytes, export_id: UUID, member_id: UUID, until: int) -> str:
    """The address of an export's archive, signed for its member until then (Unix seconds)."""
    return f"/account/exports/{export_id}/archive?e={until}&s={sign(key, _message(export_id, member_id, until))}"


def is_signed(key: bytes, export_id: UUID, member_id: UUID, until: int, signature: str) -> bool:
    return verify(key, _message(export_id, member_id, until), signature)


def _message(export_id: UUID, member_id: UUID, until: int) -> str:
    return f"{export_id} {member_id} {until}"


def ticket(key: bytes, member_id: UUID, at: int) -> str:
    """What says that its bearer has just proved to be that member, and may keep the account (`at` in Unix seconds)."""
    until = at + KEEPING_LASTS
    return f"{member_id.hex}.{until}.{sign(key, f'{member_id} {until}')}"


def read_ticket(key: bytes, written: str, at: int) -> UUID | None:
    """The member whom a ticket names, or None if it is not ours or too old."""
    found = re.fullmatch(r"([0-9a-f]{32})\.([0-9]{1,12})\.([A-Za-z0-9_-]{22})", written, re.ASCII)
    if found is None or int(found[2]) < at:
        return None
    member_id = UUID(hex=found[1])
    return member_id if verify(key, f"{member_id} {found[2]}", found[3]) else None
