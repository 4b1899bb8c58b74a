"""Showing who one is: by a code, a recovery code or a passkey; failed codes count on the sign-in door's locks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting, act
from atelier.base.errors import AtelierError
from atelier.base.log import get_log
from atelier.base.seal import Seal
from atelier.notify import Writer
from atelier.people.factors import authenticators, challenges, codes, passkeys, rules
from atelier.people.factors.passkeys import Answer, BadPasskey, Copied, Owner
from atelier.people.factors.tell import tell
from atelier.people.locks import Locks, Place, place
from atelier.people.tables import Member
from atelier.web.address import address
from atelier.web.parts import Parts

SEALED = "second factors"  # the purpose of the key that seals their secrets
CODES = ("code", "totp")  # by what a typed code is called in the trail
GUESSES = 5  # wrong codes in a day of which the member is told by mail
_GUESSED = text("SELECT people_codes_guessed(:member, :most)")


class WrongCode(AtelierError):
    """The code is none of the account's now, or was used before."""

    code = "wrong_code"
    status = 422

    def __init__(self) -> None:
        super().__init__("That code is not right, or has been used. Wait for the next one.", field="code")


class NoPasskeys(AtelierError):
    """Browsers make no passkeys for the address under which the studio is reached."""

    code = "no_passkeys"
    status = 409

    def __init__(self) -> None:
        super().__init__("Passkeys need a studio that is reached by a name over https, or at localhost.")


def seal(here: Parts) -> Seal:
    """What seals the secrets of second factors."""
    return Seal(here.key(SEALED))


async def at_door(request: Request, here: Parts, member_id: UUID) -> tuple[Locks, Place]:
    """The locks, and where a member's try counts: on their account, as their password's tries do."""
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        email = (await db.execute(select(Member.email).where(Member.id == member_id))).scalar_one()
    at = place(here.key, email=email, address=address(request), cookies=request.cookies, origin=here.origin)
    return Locks(here.web_db, here.limiter), at


async def code(
    db: AsyncSession, here: Parts, writer: Writer, *, member_id: UUID, typed: str, recovery: bool = True
) -> str:
    """Use up the code that was typed: `totp`, or with `recovery` also `recovery_code`. Raises `WrongCode`."""
    if rules.digits(typed):
        if await authenticators.check(db, seal(here), member_id=member_id, code=typed):
            return "totp"
    elif recovery and await codes.use(db, here.key(codes.KEY), member_id=member_id, code=typed):
        await tell(db, writer, member_id, "code_used", left=await codes.count(db, member_id=member_id))
        return "recovery_code"
    raise WrongCode


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a challenge of ours, which is used up; nothing is believed of it yet."""

    answer: Answer
    challenge: bytes
    rp_id: str


async def answered(request: Request, here: Parts, written: str, *, purpose: str) -> Answered:
    """Use up the challenge for `purpose` that a browser answered, whatever becomes of the answer.

    Raises `BadPasskey`, `ChallengeSpent` and `NoPasskeys`.
    """
    rp_id, answer = relying_party(here), passkeys.read(written)
    async with here.web_db.transaction(Acting.nobody()) as db:
        challenge = await challenges.spend(
            db, request, seal(here), here.origin, purpose=purpose, challenge=answer.challenge
        )
    return Answered(answer, challenge, rp_id)


async def passkey(db: AsyncSession, here: Parts, found: Answered, *, member_id: UUID | None = None) -> Owner:
    """Whose passkey answered; `db` acts for them from here on. Raises `BadPasskey`."""
    return await passkeys.use(
        db, found.answer, challenge=found.challenge, rp_id=found.rp_id, origin=here.origin, member_id=member_id
    )


async def refused(
    here: Parts, writer: Writer, error: BadPasskey, *, member_id: UUID | None = None, signed_in: bool = False
) -> None:
    """Write down that a passkey was refused, and halt it if there is a copy of it."""
    await failed(here, writer, member_id or error.member_id, by="passkey", reason=error.reason, signed_in=signed_in)
    if not isinstance(error, Copied) or error.member_id is None:
        return
    async with here.web_db.transaction(Acting.member(error.member_id)) as db:
        if await passkeys.halt(db, passkey_id=error.passkey_id, member_id=error.member_id):
            await events.record(db, "factor:halted", member=error.member_id, subject=error.passkey_id, factor="passkey")
            await tell(db, writer, error.member_id, "passkey_halted")


async def failed(
    here: Parts, writer: Writer, member_id: UUID | None, *, by: str, reason: str = "wrong", signed_in: bool = False
) -> None:
    """Write down that a factor was not right, and tell the member by mail of many wrong codes, once a day at most.

    Somebody who is not signed in may be anybody, and is not said to be the member.
    """
    get_log().warning("factor:refused", factor=by, reason=reason)
    mine = member_id if signed_in else None
    async with here.web_db.transaction(Acting.member(mine) if mine else Acting.nobody()) as db:
        await events.record(db, "factor:failed", member=mine, subject=member_id, factor=by, reason=reason)
    if member_id is not None and by in CODES:
        await _warn(here, writer, member_id)


async def _warn(here: Parts, writer: Writer, member_id: UUID) -> None:
    async with here.web_db.transaction(Acting.nobody()) as db:
        if (await db.execute(_GUESSED, {"member": member_id, "most": GUESSES})).scalar_one():
            await events.record(db, "factor:warned", member=None, subject=member_id)
            await act(db, Acting.member(member_id))
            await tell(db, writer, member_id, "codes_guessed")


def relying_party(here: Parts) -> str:
    """For which name the passkeys are; raises `NoPasskeys` where there can be none."""
    rp_id = rules.relying_party(here.origin)
    if rp_id is None:
        raise NoPasskeys
    return rp_id
