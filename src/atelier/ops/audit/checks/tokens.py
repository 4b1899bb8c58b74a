"""Tokens: kept as digests, good for what they say and no more, and gone when somebody else may have them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from atelier.base.crypto import digest
from atelier.base.db import Acting
from atelier.ops.audit import guests
from atelier.ops.audit.ask import Answer
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.checks.isolation import owned
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Guest
from atelier.people import tokens
from atelier.people.apps import LASTS, LONGEST
from atelier.web.guard import SAFE
from atelier.web.routes import API, OPEN, Rule
from atelier.web.scopes import Scope

JSON = {"content-type": "application/json"}


@check(
    "tokens.hashed",
    "C6",
    title="The database holds no token, only digests of them",
    remedy="Keep what atelier.base.crypto.digest makes of a token, and nothing that it could be made from again.",
)
async def hashed(ground: Ground) -> Evidence:
    _, guest = await ground.guests()
    pair, personal = await _sign_in(ground, guest), await _token(ground, guest, Scope.JOBS_READ)
    owner, faults = await ground.owner(), []
    secrets = {"a personal token": personal, "a refresh token": pair["refresh_token"]}
    secrets["an access token"] = pair["access_token"]
    rows = 0
    tables = await owned(ground)
    tables.pop("invitations", None)  # which nobody owns
    for table, column in tables.items():
        found = await owner.fetch(
            f"SELECT t::text AS row FROM {table} t WHERE {column} = $1",  # noqa: S608 - from the catalogue
            guest.id,
        )
        rows += len(found)
        for what, secret in secrets.items():
            if any(secret in row["row"] for row in found):
                faults.append(f"{table} holds {what}")
    for keeps, secret in (("tokens", personal), ("refresh_tokens", pair["refresh_token"])):
        kept = await owner.fetchval(f"SELECT count(*) FROM {keeps} WHERE digest = $1", digest(secret))  # noqa: S608
        if not kept:
            faults.append(f"{keeps} keeps no digest of a token that is in use")
    return evidence(faults, f"None of {rows} rows about a member with all three kinds of token holds one.")


@check(
    "tokens.scopes",
    "C6",
    "D16",
    title="Every route of the API says which scope a token needs, and tokens of other scopes open none",
    remedy="Make the route with atelier.web.routes.Routes; give it `scope=Scope…`, or `scope=BROWSER` for no token.",
)
async def scopes(ground: Ground) -> Evidence:
    _, guest = await ground.guests()
    faults, tried = [], 0
    bearers = {scope: await _bearer(ground, guest, scope) for scope in (Scope.JOBS_READ, Scope.WALLET_READ)}
    for method, path, rule, route in _closed(ground):
        if path.startswith(API) and "security" not in (route.openapi_extra or {}):
            faults.append(f"{route.path_format} says no scope")
        other = next(scope for scope in bearers if scope != rule.scope)
        answer = await ground.ask(method, path, headers=bearers[other], enough=bool, seconds=30.0)
        tried += 1
        if answer.status != 403:
            faults.append(f"{method} {route.path_format} answers {answer.status} to a token of {other}")
    return evidence(faults, f"All {tried} routes refused a token of another scope.")


@check(
    "tokens.reading",
    "C6",
    title="A token that may only read writes nothing, on any route",
    remedy="Give a route that changes something a scope that ends in `:write`.",
)
async def reading(ground: Ground) -> Evidence:
    _, guest = await ground.guests()
    bearer = await _bearer(ground, guest, *(scope for scope in Scope if scope.endswith(":read")))
    faults, tried = [], 0
    for method, path, _, route in _closed(ground):
        if method not in SAFE:
            answer = await ground.ask(method, path, headers=bearer, enough=bool, seconds=30.0)
            tried += 1
            if answer.status != 403:
                faults.append(f"{method} {route.path_format} answers {answer.status} to a token that reads")
    return evidence(faults, f"All {tried} writes with a token that may only read were refused.")


@check(
    "tokens.reuse",
    "C6",
    title="A refresh token that comes twice signs its app out, is written down and told by mail",
    remedy="Renew tokens by the database's function people_refresh alone (migration 1310).",
)
async def reuse(ground: Ground) -> Evidence:
    _, guest = await ground.guests()
    faults = []
    pair = await _sign_in(ground, guest)
    renewed = await _refresh(ground, pair["refresh_token"])
    if renewed.status != 200:
        return Evidence(False, f"A refresh token is answered with {renewed.status}.")
    if renewed.json()["refresh_token"] == pair["refresh_token"]:
        faults.append("the refresh token stays the same")
    again = await _refresh(ground, pair["refresh_token"])
    if again.status != 400:
        faults.append(f"a refresh token that was used is answered with {again.status}")
    if (await _refresh(ground, renewed.json()["refresh_token"])).status != 400:
        faults.append("its family is good still")
    if (await _me(ground, renewed.json()["access_token"])).status != 401:
        faults.append("an access token of its family is good still")
    owner = await ground.owner()
    if not await owner.fetchval("SELECT count(*) FROM events WHERE kind = 'token:reused' AND member_id = $1", guest.id):
        faults.append("the trail says nothing of it")
    if not await owner.fetchval("SELECT count(*) FROM mails WHERE member_id = $1", guest.id):
        faults.append("nobody is told by mail")
    days = f"{LASTS.days} days unused, {LONGEST.days} in all"
    return evidence(faults, f"The second use of a refresh token ended its family ({days}).")


@check(
    "tokens.ended",
    "C6",
    "B9",
    title="An access token ends with its sign-in, and a forged one is nobody's",
    remedy="Look the sign-in up that an access token names (atelier.people.identify), and verify it to the letter.",
)
async def ended(ground: Ground) -> Evidence:
    maker, guest = await ground.guests()
    faults = []
    pair = await _sign_in(ground, guest)
    good = pair["access_token"]
    if (await _me(ground, good)).status != 200:
        return Evidence(False, "An access token just made opens nothing.")
    for how, forged in _forged(good, str(maker.id)).items():
        answer = await _me(ground, forged)
        if answer.status != 401 or 'error="invalid_token"' not in answer.headers.get("www-authenticate", ""):
            faults.append(f"one {how} is answered with {answer.status}")
    await ground.ask("POST", "/api/v1/auth/revocation", form={"token": pair["refresh_token"]})
    if (await _me(ground, good)).status != 401:
        faults.append("one outlives the sign-in that it belongs to")
    return evidence(faults, f"{len(_forged(good, ''))} forged access tokens were refused, and one whose sign-in ended.")


def _forged(token: str, other: str) -> dict[str, str]:
    head, claims, signature = token.split(".")
    foreign = {"alg": "HS256", "kid": "/dev/null", "typ": "at+jwt"}
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return {
        "without a signature": f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.",
        "that names its own key": f"{_encoded(foreign)}.{claims}.{signature}",
        "about somebody else": f"{head}.{_encoded({**said, 'sub': other})}.{signature}",
        "that never ends": f"{head}.{_encoded({**said, 'exp': 2**40})}.{signature}",
    }


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _closed(ground: Ground) -> Iterator[tuple[str, str, Rule, APIRoute]]:
    """Each method of each route that is for somebody, with a path to it. Its rule refuses before it looks at more."""
    for route, rule in ground.routes():
        if rule.access not in OPEN:
            path = route.path_format.format(**dict.fromkeys(route.param_convertors, "0"))
            yield from ((method, path, rule, route) for method in sorted(route.methods or ()))


async def _sign_in(ground: Ground, guest: Guest) -> dict[str, Any]:
    """The tokens of an app of the guest's."""
    await (await ground.owner()).execute(guests.TRIES)  # other checks sign in as well
    body = json.dumps({"email": guest.email, "password": guest.password, "device": "audit"}).encode()
    answer = await ground.ask("POST", "/api/v1/auth/token", body=body, headers=JSON)
    if answer.status != 200:
        raise RuntimeError(f"an app's sign-in is answered with {answer.status}")
    pair: dict[str, Any] = answer.json()
    return pair


async def _refresh(ground: Ground, token: str) -> Answer:
    body = json.dumps({"refresh_token": token}).encode()
    return await ground.ask("POST", "/api/v1/auth/refresh", body=body, headers=JSON)


async def _me(ground: Ground, token: str) -> Answer:
    return await ground.ask("GET", "/api/v1/me", headers={"authorization": f"Bearer {token}"})


async def _bearer(ground: Ground, guest: Guest, *scopes: Scope) -> dict[str, str]:
    """The header of a new token with those scopes."""
    return {"authorization": f"Bearer {await _token(ground, guest, *scopes)}"}


async def _token(ground: Ground, guest: Guest, *scopes: Scope) -> str:
    async with ground.studio.web_db.transaction(Acting.member(guest.id)) as db:
        _, secret = await tokens.create(db, member_id=guest.id, name=guest.marker, scopes=scopes, days=1)
    return secret
