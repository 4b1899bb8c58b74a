"""Coming in with what a provider said: as the member whom it opens, as one with the same e-mail, or as somebody new."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.db import Acting, Database, act
from atelier.base.errors import AtelierError, Conflict, Forbidden
from atelier.base.ids import new_id
from atelier.base.seal import Seal
from atelier.people import invitations, signin, signup
from atelier.people.account_settings import AccountSettings, Mode
from atelier.people.factors import entrance
from atelier.people.factors.entrance import Opened
from atelier.people.oidc import identities
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.said import Said, session_key
from atelier.people.tables import Member
from atelier.web.language import translate

WAITS = "Your account waits for the studio's operator."
LONGEST_HINT = 6000  # characters of an ID token that is kept; it must fit into an address


class NoEmail(AtelierError):
    """The provider tells no e-mail, and a new account needs one."""

    code = "provider_without_email"
    status = 422

    def __init__(self, provider: Provider) -> None:
        super().__init__(
            translate(
                "%(name)s did not tell the studio an e-mail address, so no account was opened. Allow it there, or open"
                " an account with a password and link the two on your account page."
            )
            % {"name": provider.name}
        )


class SignInFirst(Conflict):
    """An e-mail that one of the two sides has not verified opens nobody's account."""

    code = "sign_in_first"

    def __init__(self, provider: Provider, *, proved: bool) -> None:
        because = (
            translate("This e-mail has an account here that never confirmed it, so %(name)s cannot open it.")
            if proved
            else translate("%(name)s has not confirmed that this e-mail is yours, so it opens nothing here.")
        )
        then = translate(
            "Sign in with your password, or open an account with one, and link %(name)s on your account page. Nothing"
            " was changed."
        )
        super().__init__(f"{because} {then}" % {"name": provider.name})


class NotOpen(Forbidden):
    """The studio takes no new members this way."""

    code = "registration_closed"

    def __init__(self, mode: Mode) -> None:
        super().__init__(
            translate("Nobody here has linked that account, and a new one needs an invitation: open its link first.")
            if mode is Mode.INVITATION
            else translate("Nobody here has linked that account, and the studio opens no new ones.")
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """The circumstances: from which browser, in which language, with which invitation, and where to."""

    agent: str
    address: str
    language: str = "en"
    invitation: str | None = None
    to: str = "/"  # where they want to go


Count = Callable[[], Awaitable[None]]  # counts one new account, and raises where it is one too many


async def known(database: Database, seal: Seal, said: Said, arrival: Arrival) -> Opened | None:
    """Let the member in whom this account opens; None if it is nobody's.

    Raises `Closed` and `Waits` as signing in does.
    """
    async with database.transaction(Acting.knocking(said.key)) as db:
        member_id = await identities.find(db, said.key)
        if member_id is None:
            return None
        await act(db, Acting.member(member_id))
        _check(await db.scalar(select(Member.state).where(Member.id == member_id)), member_id)
        await identities.seen(db, said, member_id=member_id)
        return await _start(db, seal, said, arrival, member_id)


async def unknown(
    database: Database, seal: Seal, accounts: AccountSettings, said: Said, arrival: Arrival, *, count: Count
) -> Opened:
    """Link the account to the member with its e-mail where both sides verified that, or open a new account.

    Raises `NoEmail`, `SignInFirst`, `NotOpen`, and `Waits` for who is to be approved.
    """
    if said.email is None:
        raise NoEmail(said.provider)
    if not said.verified:
        raise SignInFirst(said.provider, proved=False)
    async with database.transaction(Acting.knocking(said.email)) as db:
        who = select(Member.id, Member.state, Member.verified_at).where(Member.email == said.email)
        member = (await db.execute(who)).one_or_none()
        if member is not None:
            if member.verified_at is None:
                raise SignInFirst(said.provider, proved=True)
            _check(member.state, member.id)
            await act(db, Acting.member(member.id))
            await identities.link(db, said, member_id=member.id)
            await _tell(db, accounts, said, member.id)
            return await _start(db, seal, said, arrival, member.id)
    return await _open_account(database, seal, accounts, said, arrival, count)


async def _open_account(
    database: Database, seal: Seal, accounts: AccountSettings, said: Said, arrival: Arrival, count: Count
) -> Opened:
    """Everything that a new member has, in one transaction; `Waits` once it is there, for who is to be approved."""
    found = await invitations.find(database, arrival.invitation) if arrival.invitation else None
    invited = found is not None and not found.first
    if accounts.mode is Mode.CLOSED or (accounts.mode is Mode.INVITATION and not invited):
        raise NotOpen(accounts.mode)
    await count()
    email = said.email or ""
    waits = accounts.mode is Mode.APPROVAL and not invited
    member_id = new_id()
    async with database.transaction(Acting.member(member_id)) as db:
        await signup.sign_up(
            db,
            member_id=member_id,
            email=email,
            name=said.name or email.partition("@")[0],
            password_hash=None,
            language=arrival.language,
            welcome=accounts.welcome(email, arrival.address),
            waits=waits,
        )
        await identities.link(db, said, member_id=member_id)
        if invited and arrival.invitation is not None:
            await invitations.accept(db, arrival.invitation)
        if not waits:
            return await _start(db, seal, said, arrival, member_id)
    raise signin.Waits(WAITS)


async def link(database: Database, accounts: AccountSettings, said: Said, *, member_id: UUID) -> None:
    """Link the account to a member who is signed in; `LinkedAlready` if it is somebody's, unless it is their own."""
    async with database.transaction(Acting.knocking(said.key)) as db:
        owner = await identities.find(db, said.key)
        await act(db, Acting.member(member_id))
        if owner == member_id:
            await identities.seen(db, said, member_id=member_id)
        elif owner is not None:
            raise identities.LinkedAlready(said.provider.name)
        else:
            await identities.link(db, said, member_id=member_id)
            await _tell(db, accounts, said, member_id)


async def refused(database: Database, provider: Provider, code: str, address: str) -> None:
    """Write down that nobody came in, in a transaction of its own."""
    async with database.transaction(Acting.nobody()) as db:
        await events.record(db, "session:refused", member=None, provider=provider.id, reason=code, address=address)


async def _tell(db: AsyncSession, accounts: AccountSettings, said: Said, member_id: UUID) -> None:
    """Tell the member by mail that their account has another way in."""
    wanted = select(Member.email, Member.name, Member.language).where(Member.id == member_id)
    member = (await db.execute(wanted)).one()
    await accounts.writer.write(
        db,
        "people/mail/linked.html",
        to=member.email,
        member_id=member_id,
        language=member.language,
        path="/account",
        name=member.name,
        provider=said.provider.name,
        label=said.label,
    )


def _check(state: str | None, member_id: UUID) -> None:
    if state == "waiting":
        raise signin.Waits(WAITS)
    if state == "leaving":
        raise signin.Leaving(member_id)
    if state != "active":
        raise signin.Closed("This account is closed. Write to the studio's operator.")


async def _start(db: AsyncSession, seal: Seal, said: Said, arrival: Arrival, member_id: UUID) -> Opened:
    """Open the session, and remember by whose word it was opened; a second factor is asked for here too."""
    session_id = new_id()
    hint = said.id_token if said.id_token and len(said.id_token) <= LONGEST_HINT else None
    memory = {
        "provider": said.provider.id,
        "subject_key": said.key,
        "sid_key": session_key(said.provider.issuer, said.sid) if said.sid else None,
        "hint": seal.close(hint, purpose=f"hint {session_id}") if hint else None,
    }
    return await entrance.open_door(
        db,
        member_id=member_id,
        agent=arrival.agent,
        address=arrival.address,
        wanted=arrival.to,
        id=session_id,
        provider=memory,
        confirmed_ago=_confirmed_ago(said),
    )


def _confirmed_ago(said: Said) -> timedelta | None:
    """How long ago the member showed the provider who they are: now, where it has no way of saying so."""
    if not said.provider.asks_again:
        return timedelta(0)
    return None if said.signed_in_at is None else timedelta(seconds=max(0.0, now().timestamp() - said.signed_in_at))
