"""What a page may promise somebody who has no account yet: only what they would be given now."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from atelier.base.db import Acting
from atelier.people import signup
from atelier.people.account_settings import AccountSettings, Mode
from atelier.web.address import address
from atelier.web.parts import Parts


@dataclass(frozen=True, slots=True)
class Promise:
    """The credits with which a new account begins; `crowded`: none, because its network has had its share lately."""

    credits: int = 0
    crowded: bool = False


async def promise(request: Request, here: Parts, accounts: AccountSettings, *, invited: bool = False) -> Promise:
    """With what an account would begin that this visitor opens, unless their mailbox was welcomed before.

    `invited`: they come with an invitation, which opens an account in every mode but a closed studio.
    """
    opens = accounts.mode in (Mode.OPEN, Mode.APPROVAL) or (invited and accounts.mode is Mode.INVITATION)
    if not here.welcome_credits or not opens:
        return Promise()
    if accounts.mode is Mode.APPROVAL and not invited:  # whom an operator lets in is not counted by network
        return Promise(here.welcome_credits)
    most, within_s = accounts.newcomers
    async with here.web_db.transaction(Acting.nobody()) as db:
        network = accounts.network(address(request))
        welcomed = await signup.welcomes(db, network=network, most=most, within_s=within_s)
    return Promise(here.welcome_credits) if welcomed else Promise(crowded=True)
