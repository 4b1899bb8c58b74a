"""Every route: its rule, who gets in, and what a stranger gets of somebody else's."""

from __future__ import annotations

import asyncpg

from atelier.ops.audit.ask import Answer
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.checks import foreign
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import THEIRS, Guest, Maker, sign_in_again
from atelier.web.access import Access
from atelier.web.routes import every

HIDDEN = (403, 404, 405, 410, 422)  # how an answer may refuse a thing that isn't the caller's
OPEN = (Access.PUBLIC, Access.SIGNATURE)


@check(
    "routes.rules",
    "D16",
    "A9",
    title="Every route has an access rule and a limit",
    remedy="Make the route with atelier.web.routes.Routes, and give it `access` and `limit`.",
    quick=True,
)
async def rules(ground: Ground) -> Evidence:
    found = list(every(ground.app))
    bare = [f"{getattr(route, 'path', route)} has no rule" for route, rule in found if rule is None]
    return evidence(bare, f"All {len(found)} routes have an access rule and a limit.")


@check(
    "routes.signed_out",
    "A1",
    "D16",
    title="Who is signed out gets into no member's route",
    remedy="Give the route the access rule `Access.MEMBER`, or find out why the rule lets nobody's requests through.",
    quick=True,
)
async def signed_out(ground: Ground) -> Evidence:
    faults, tried = [], 0
    for route, rule in ground.routes():
        if rule.access in OPEN:
            continue
        path = route.path_format.format(**{name: _any_id(name) for name in route.param_convertors})
        for method in sorted(route.methods or ()):
            # a stream that lets somebody in would never end: its first bytes are enough
            answer = await ground.ask(method, path, headers={"accept": "application/json"}, enough=bool, seconds=2.0)
            page = await ground.ask(method, path, headers={"accept": "text/html"}, enough=bool, seconds=2.0)
            tried += 2
            if answer.status != 401:
                faults.append(f"{method} {route.path_format} answers {answer.status} instead of 401")
            to_sign_in = page.status == 303 and page.headers.get("location", "").startswith("/sign-in")
            if page.status != 401 and not to_sign_in:
                faults.append(f"{method} {route.path_format} answers a browser with {page.status}")
    return evidence(faults, f"All {tried} requests without a sign-in were turned away.")


@check(
    "routes.operators",
    "D16",
    title="A member gets into no operator's or creator's route",
    remedy="Find out why the access rule lets a plain member through.",
)
async def operators(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    faults, tried = [], 0
    for route, rule in ground.routes():
        if rule.access in (Access.OPERATOR, Access.SUPPORT, Access.CREATOR):
            for request in foreign.requests(route, maker):
                answer = await _send(ground, request, stranger)
                tried += 1
                if answer.status != 403:
                    faults.append(f"{request.method} {route.path_format} answers {answer.status} instead of 403")
    return evidence(faults, f"All {tried} requests of a plain member to operators' routes were refused.")


@check(
    "routes.strangers",
    "A9",
    title="As a stranger, no route gives or changes another member's things",
    remedy="Look the thing up with `Db`, which acts for the caller, and answer 404 where it finds nothing.",
)
async def strangers(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    before = await _owned(await ground.owner(), maker)
    faults, tried, named = [], 0, 0
    for route, rule in ground.routes():
        # operators' routes refuse a stranger whatever is named: `routes.operators` tries that
        unknown = [] if rule.access is Access.OPERATOR else foreign.unknown(route, maker)
        faults += [f"{route.path_format}: the audit has nothing for {{{name}}}" for name in unknown]
        for request in foreign.requests(route, maker):
            if rule.access is Access.PUBLIC and request.method not in ("GET", "HEAD"):
                continue  # signing in and out needs nobody's id
            answer = await _send(ground, request, stranger)
            tried, named = tried + 1, named + request.names
            faults += [f"{request.method} {route.path_format} {wrong}" for wrong in _wrong(answer, request, maker)]
    if await _owned(await ground.owner(), maker) != before:
        faults.append("one of these requests changed what is another member's")
    return evidence(
        faults, f"None of {tried} requests, {named} of them with another member's ids, found or changed anything."
    )


def _wrong(answer: Answer, request: foreign.Request, maker: Maker) -> list[str]:
    found = []
    if maker.marker.encode() in answer.body or maker.email.encode() in answer.body:
        found.append("shows what belongs to another member")
    if answer.status >= 500:
        found.append(f"breaks with {answer.status} ({answer.crashed or 'its log says why'})")
    elif request.names and answer.status not in HIDDEN:
        found.append(f"answers {answer.status} to another member's id")
    return found


async def _send(ground: Ground, request: foreign.Request, by: Guest) -> Answer:
    """The answer to one request; who was signed out by an earlier one comes back first."""
    answer = await _sent(ground, request, by)
    if answer.status == 401:
        await sign_in_again(ground.studio, by)
        answer = await _sent(ground, request, by)
    return answer


async def _sent(ground: Ground, request: foreign.Request, by: Guest) -> Answer:
    return await ground.ask(
        request.method,
        request.path,
        by=by,
        query=request.query,
        form=request.form,
        body=request.body,
        headers=request.headers,
        seconds=3.0,
        enough=lambda body: b"event:" in body or b"retry:" in body,
    )


async def _owned(owner: asyncpg.Connection[asyncpg.Record], maker: Maker) -> list[str]:
    """Everything that the maker owns, as text."""
    tables = {"members": "id"} | {row["name"]: "member_id" for row in await owner.fetch(THEIRS)}
    rows = [
        await owner.fetch(f"SELECT t::text AS row FROM {table} t WHERE {column} = $1 ORDER BY 1", maker.id)  # noqa: S608
        for table, column in sorted(tables.items())
    ]
    return [row["row"] for found in rows for row in found]


def _any_id(name: str) -> str:
    return foreign.NOBODYS.get(name, "01940000-0000-7000-8000-000000000001")
