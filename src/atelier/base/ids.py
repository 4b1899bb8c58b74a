"""Identifiers: UUID version 7 (RFC 9562), made by the application, so that they sort by birth."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7

from atelier.base.errors import NotFound

__all__ = ["UUID", "new_id", "parse_id"]


def new_id() -> UUID:
    """A new id, later than all that this process made before."""
    return uuid7()


def parse_id(text: str, what: str) -> UUID:
    """The id written in `text`; a text that is no id names nothing, so it raises `NotFound` for `what`."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what) from None
