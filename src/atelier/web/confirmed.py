"""Whether who is at the keys showed lately who they are: asked before money moves, an account changes or an operator
acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import Request
from starlette.datastructures import FormData

from atelier.base.clock import now
from atelier.base.errors import Forbidden
from atelier.web.caller import Caller

LASTS = timedelta(minutes=15)
LONGEST = 64 * 1024  # characters of a form that can wait for its confirmation

Fields = tuple[tuple[str, str], ...]


class ConfirmFirst(Forbidden):
    """The caller is signed in, and has not shown for a while that it is still them.

    `fields` is what the form held that waits for it; None if it cannot wait, as with files.
    """

    code = "confirmation_needed"

    def __init__(self, fields: Fields | None = None) -> None:
        super().__init__("Confirm that it is you first; nothing was changed. Go to /account/confirmation in a browser.")
        self.fields = fields


class OnlyInPerson(Forbidden):
    """A token or a program asks for what only a person at a browser may do."""

    code = "session_needed"

    def __init__(self) -> None:
        super().__init__("Sign in with a browser to do this; a token cannot. Nothing was changed.")


def fresh(caller: Caller, at: datetime) -> bool:
    """Whether the caller's last confirmation still counts at that moment; signing in was one."""
    return caller.confirmed_at is not None and at - caller.confirmed_at < LASTS


async def check(request: Request, caller: Caller | None, clock: Callable[[], datetime] = now) -> None:
    """Raise `OnlyInPerson` for who has no session, and `ConfirmFirst` for whose confirmation is too long ago."""
    if caller is None or caller.session_id is None or caller.scopes is not None:
        raise OnlyInPerson
    if not fresh(caller, clock()):
        raise ConfirmFirst(await _fields(request))


async def _fields(request: Request) -> Fields | None:
    if not request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        return () if request.headers.get("content-length", "0") == "0" else None
    form: FormData = await request.form()
    items = form.multi_items()
    found = tuple((name, value) for name, value in items if isinstance(value, str))
    short = sum(len(name) + len(value) for name, value in found) <= LONGEST
    return found if short and len(found) == len(items) else None
