"""Second factors: that half a sign-in opens nothing, that secrets are sealed, and that what counts asks who it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastapi import Request

from atelier.base.clock import now
from atelier.base.crypto import derive
from atelier.base.ids import new_id
from atelier.base.seal import Seal
from atelier.ops.audit import guests
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.people.factors import entrance
from atelier.people.factors.authenticators import purpose
from atelier.people.factors.prove import SEALED
from atelier.people.sessions import cookie_name
from atelier.web.access import Access
from atelier.web.caller import Caller, Role
from atelier.web.confirmed import LASTS
from atelier.web.guard import SAFE

NOBODYS = "01940000-0000-7000-8000-0000000000fe"  # what no address of a thing is
MOST = 1000  # secrets that are tried


@check(
    "factors.confirmed",
    "E1",
    "D16",
    title="Money, operators' deeds and ways into accounts need a confirmation of the last minutes",
    remedy="Give the route `confirmed=True`; a write of an operator's that needs none says why in `unconfirmed=`.",
    quick=True,
)
async def confirmed(ground: Ground) -> Evidence:
    faults, tried, unasked = [], 0, 0
    asks = {"accept": "application/json"}
    with _somebody(ground):
        for route, rule in ground.routes():
            for method in sorted(route.methods or ()):
                name = f"{method} {route.path_format}"
                if not rule.confirmed:
                    writes = rule.access is Access.OPERATOR and method not in SAFE
                    unasked += writes
                    if writes and not rule.unconfirmed:
                        faults.append(f"{name} asks for no confirmation and does not say why")
                    continue
                path = route.path_format.format(**dict.fromkeys(route.param_convertors, NOBODYS))
                answer = await ground.ask(method, path, headers=asks)
                tried += 1
                if answer.status != 403 or answer.json()["code"] != "confirmation_needed":
                    faults.append(f"{name} answers {answer.status} to who was long away")
    if not tried:
        faults.append("no route asks for a confirmation")
    return evidence(faults, f"{tried} routes asked who was long away; {unasked} operators' writes say why they don't.")


@check(
    "factors.sealed",
    "D17",
    title="Secrets of authenticator apps are sealed for their member, and only web processes read them",
    remedy="Seal with atelier.people.factors.prove.seal; if the studio's secret was changed, have members set up anew.",
    quick=True,
)
async def sealed(ground: Ground) -> Evidence:
    owner, faults = await ground.owner(), []
    seal = Seal(derive(ground.studio.secret, SEALED))
    found = await owner.fetch(
        "SELECT a.id, a.member_id, a.secret FROM authenticators a JOIN members m ON m.id = a.member_id"
        " WHERE m.email NOT LIKE '%@' || $1 ORDER BY random() LIMIT $2",
        guests.HOST,
        MOST,
    )
    for row in found:
        if seal.open(row["secret"], purpose=purpose(row["id"], row["member_id"])) is None:
            faults.append(f"the secret of authenticator {row['id']} is not sealed for its member")
    for role in ("worker", "operator"):
        for table, column in (("authenticators", "secret"), ("recovery_codes", "digest"), ("passkeys", "public_key")):
            if await owner.fetchval(f"SELECT has_column_privilege('atelier_{role}', $1, $2, 'SELECT')", table, column):
                faults.append(f"the {role} role reads {table}.{column}")
    return evidence(faults, f"{len(found)} secrets are sealed, and neither workers nor operators read any.")


@check(
    "factors.half",
    "A1",
    "B9",
    title="A password alone opens nothing of an account with a second factor",
    remedy="Open every session with atelier.people.factors.entrance.open_door.",
)
async def half(ground: Ground) -> Evidence:
    _, guest = await ground.guests()
    owner, faults, origin = await ground.owner(), [], ground.studio.origin
    await owner.execute(guests.TRIES)
    await owner.execute("UPDATE members SET protected = true WHERE id = $1", guest.id)
    try:
        came = await ground.ask("POST", "/sign-in", form={"email": guest.email, "password": guest.password})
        cookies = [cookie.partition(";")[0].partition("=")[::2] for cookie in came.headers.getlist("set-cookie")]
        held = next((value for name, value in cookies if "entrance" in name), "")
        if came.headers.get("location") != entrance.PAGE or not held:
            faults.append(f"the password is answered with {came.status}, to {came.headers.get('location')}")
        if any(name == cookie_name(origin) or "known" in name for name, _ in cookies):
            faults.append("the password alone makes a session, or a browser that is known")
        for name in {cookie_name(origin), *(name for name, _ in cookies)}:
            for path in ("/account", "/api/v1/me"):
                answer = await ground.ask("GET", path, headers={"cookie": f"{name}={held}", "accept": "*/*"})
                if answer.status not in (401, 303):
                    faults.append(f"half a sign-in, as {name}, opens {path} with {answer.status}")
        guessed = await ground.ask(
            "POST", entrance.PAGE, form={"code": "000000"}, headers={"cookie": "; ".join(map("=".join, cookies))}
        )
        if guessed.status != 422:
            faults.append(f"a guessed code is answered with {guessed.status}")
    finally:
        await owner.execute("UPDATE members SET protected = false WHERE id = $1", guest.id)
        await owner.execute("DELETE FROM entrances WHERE member_id = $1", guest.id)
        await owner.execute(guests.TRIES)
    return evidence(faults, "The password led to the second factor, and its cookie opened no page of the account.")


@contextmanager
def _somebody(ground: Ground) -> Iterator[None]:
    """Have every request come from an operator whom nobody knows, and who confirmed long ago that it is them."""
    at = now() - LASTS
    caller = Caller(new_id(), "", "", Role.OPERATOR, session_id=new_id(), confirmed_at=at, protected=True)

    async def identify(request: Request) -> Caller:
        return caller

    parts = ground.app.state.parts
    ground.app.state.parts = replace(parts, identify=identify)
    try:
        yield
    finally:
        ground.app.state.parts = parts
