"""Accounts: keys in mails, who is welcomed, sign-ins that end, what roles are, and the console that operators have."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import text

from atelier.base.crypto import digest, new_token
from atelier.base.db import Acting, role_url
from atelier.base.ids import new_id
from atelier.base.signals import Signals
from atelier.ops.audit import guests
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.checks.powers import refused
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Guest
from atelier.people.callers import Callers
from atelier.web.access import Access
from atelier.web.caller import Role

KEY = """INSERT INTO confirmations (id, member_id, purpose, email, language, digest, expires_at)
         VALUES ($1, $2, 'verify', $3, 'en', $4, now() + $5::text::interval)"""
SPEND = text("SELECT people_spend_key(:key)")
WELCOME = text("SELECT people_welcome(:mailbox, :network, 3, 2592000)")
AT_ONCE = 10.0  # seconds within which a sign-in that is ended is over in every process, on a busy machine too


@check(
    "accounts.keys",
    "B5",
    title="A key that a mail carries works once, for its member, in its time",
    remedy="Bring people_spend_key back as migration 1010 makes it, and spend keys with confirmations.spend alone.",
)
async def keys(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    good, late = await _key(ground, maker, "1 hour"), await _key(ground, maker, "-1 second")
    tries = (
        ("another member's", stranger, good, False),
        ("a mangled", maker, f"{good}x", False),
        ("an expired", maker, late, False),
        ("the right", maker, good, True),
        ("a used", maker, good, False),
    )
    faults = []
    for which, who, secret, works in tries:
        async with ground.studio.web_db.transaction(Acting.member(who.id)) as db:
            spent = (await db.execute(SPEND, {"key": secret})).scalar_one()
        if bool(spent) is not works:
            faults.append(f"{which} key {'works' if spent else 'does not work'}")
    for path in ("/confirm", "/reset"):
        answer = await ground.ask("GET", path, query=f"key={good}")
        if answer.status != 410:
            faults.append(f"{path} answers a used key with {answer.status} instead of 410")
    return evidence(faults, "Of five keys the one that was right worked, once; a used one gets a page that says so.")


@check(
    "accounts.welcome",
    "B8",
    title="A mailbox is welcomed with credits once, and few newcomers of one network are",
    remedy="Bring people_welcome back as migration 1330 makes it.",
    quick=True,
)
async def welcome(ground: Ground) -> Evidence:
    network, mailboxes = f"audit {new_id()}", [f"audit {new_id()}" for _ in range(4)]
    async with ground.studio.web_db.engine.connect() as db:  # rolled back at its end
        asked = [
            (mailboxes[0], None),
            (mailboxes[0], None),
            *((each, network) for each in mailboxes[1:]),
            (network, network),
        ]
        found = [
            bool((await db.execute(WELCOME, {"mailbox": mailbox, "network": network})).scalar_one())
            for mailbox, network in asked
        ]
        await db.rollback()
    well = [True, False, True, True, True, False]
    return Evidence(found == well, f"Of {len(found)} newcomers {sum(found)} were welcomed; {sum(well)} should be.")


@check(
    "accounts.signed_out",
    "B9",
    title="A sign-in that is ended is over in every process at once, although it was remembered",
    remedy="Bring the triggers `changed` on sessions, tokens and members back (migration 1210).",
)
async def signed_out(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    faults = []
    async with _remembering(ground) as callers:
        await guests.sign_in_again(ground.studio, maker)
        for _ in range(3):
            await ground.ask("GET", "/api/v1/me", by=maker)
        if callers.asked != 1:
            faults.append(f"three requests asked the database {callers.asked} times")
        async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
            await db.execute(text("DELETE FROM sessions WHERE member_id = :maker"), {"maker": maker.id})
        began = time.monotonic()
        while (await ground.ask("GET", "/api/v1/me", by=maker)).status != 401:
            await asyncio.sleep(0.02)
            if time.monotonic() - began > AT_ONCE:
                faults.append(f"a sign-in that is ended still opens pages after {AT_ONCE:.0f} s")
                break
        took = time.monotonic() - began
    await guests.sign_in_again(ground.studio, maker)
    return evidence(
        faults, f"Three requests asked the database once, and the end was known {took * 1000:.0f} ms later."
    )


@check(
    "accounts.roles",
    "E1",
    title="Roles are decided by the server: nobody claims one, and a new one counts at once",
    remedy="Grant the web role no UPDATE of members.role, and read roles with atelier.people.identify alone.",
)
async def roles(ground: Ground) -> Evidence:
    _, stranger = await ground.guests()
    faults = []
    claims = {"x-role": "operator", "role": "operator", "x-user-role": "operator"}
    form = {"name": stranger.marker, "role": "operator", "is_operator": "true"}
    await ground.ask("POST", "/account/name", by=stranger, form=form, query="role=operator", headers=claims)
    if (await ground.ask("GET", "/console", by=stranger, headers=claims)).status != 403:
        faults.append("a member who claims to be an operator sees the console")
    for statement in ("UPDATE members SET role = 'operator' WHERE id = :me", _NEW_OPERATOR):
        values: dict[str, object] = {"me": stranger.id, "id": new_id(), "email": f"{new_id()}@{guests.HOST}"}
        if not await refused(ground.studio.web_db, Acting.member(stranger.id), statement, values):
            faults.append(f"the web role may {statement.split(' (')[0]}")
    async with _as(ground, stranger, Role.OPERATOR):
        if (await ground.ask("GET", "/console", by=stranger)).status != 200:
            faults.append("a new operator does not see the console")
    if (await ground.ask("GET", "/console", by=stranger)).status != 403:
        faults.append("who is no operator any more still sees the console")
    return evidence(faults, "Claims in headers, query, form and SQL gave no role; a given one counted at once.")


_NEW_OPERATOR = "INSERT INTO members (id, email, name, role) VALUES (:id, :email, 'x', 'operator')"


@check(
    "console.opens",
    "B13",
    title="Each page of the console opens for an operator, and support changes nothing there",
    remedy="Read the log for the page that is named; give its route the access rule that it needs.",
)
async def console(ground: Ground) -> Evidence:
    _, stranger = await ground.guests()
    faults, opened, tried = [], 0, 0
    staff = [(route, rule) for route, rule in ground.routes() if rule.access in (Access.SUPPORT, Access.OPERATOR)]
    pages = [route.path for route, rule in staff if "GET" in (route.methods or ()) and not route.param_convertors]
    async with _as(ground, stranger, Role.OPERATOR):
        for page in pages:
            answer = await ground.ask("GET", page, by=stranger)
            opened += 1
            if answer.status != 200:
                faults.append(f"{page} answers an operator with {answer.status}")
    async with _as(ground, stranger, Role.SUPPORT):
        for route, rule in staff:
            path = route.path_format.format(**dict.fromkeys(route.param_convertors, str(stranger.id)))
            for method in sorted(route.methods or ()):
                if method == "GET" and rule.access is Access.SUPPORT:
                    continue
                answer = await ground.ask(method, path, by=stranger)
                tried += 1
                if answer.status != 403:
                    faults.append(f"{method} {route.path_format} answers support with {answer.status}")
    return evidence(
        faults, f"{opened} pages opened for an operator; {tried} requests of support's to change were refused."
    )


async def _key(ground: Ground, guest: Guest, lasts: str) -> str:
    secret, owner, id = new_token(), await ground.owner(), new_id()
    async with owner.transaction():
        await owner.execute(KEY, id, guest.id, guest.email, digest(secret), lasts)
        await owner.execute(guests.QUEUED, [str(id)])  # no worker answers it by mail
    return secret


@asynccontextmanager
async def _as(ground: Ground, guest: Guest, role: Role) -> AsyncIterator[None]:
    """A guest with another role for a moment, with a sign-in that is fresh."""
    owner = await ground.owner()
    await owner.execute("UPDATE members SET role = $2 WHERE id = $1", guest.id, role.value)
    await guests.sign_in_again(ground.studio, guest)
    try:
        yield
    finally:
        await owner.execute("UPDATE members SET role = 'member' WHERE id = $1", guest.id)


@asynccontextmanager
async def _remembering(ground: Ground) -> AsyncIterator[Callers]:
    """Requests are answered by a process that remembers who asks, as a web process does."""
    studio, parts = ground.studio, ground.app.state.parts
    signals = Signals(role_url(studio.owner_url, "web", studio.secret))
    callers = Callers(signals)
    async with signals.running():
        await signals.connected.wait()
        ground.app.state.parts = replace(parts, identify=callers.identify)
        try:
            yield callers
        finally:
            ground.app.state.parts = parts
