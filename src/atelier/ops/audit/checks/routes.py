"""Every route: its rule, who gets in, and what a stranger gets of somebody else's."""

from __future__ import annotations

import asyncpg

from atelier.ops.audit import rows
from atelier.ops.audit.ask import Answer
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.checks import foreign
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Guest, Maker, sign_in_again
from atelier.web.access import Access
from atelier.web.routes import every

HIDDEN = (401, 403, 404, 405, 410, 422)  # how an answer may refuse a thing that isn't the caller's
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
            answer = await ground.ask(method, path, headers={"accept": "application/json"}, enough=bool, seconds=30.0)
            page = await ground.ask(method, path, headers={"accept": "text/html"}, enough=bool, seconds=30.0)
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
    title="No stranger, visitor or banned member gets or changes another member's things by any route",
    remedy="Look the thing up with `Db`, which acts for the caller, and answer 404 where it finds nothing.",
)
async def strangers(ground: Ground) -> Evidence:
    (maker, stranger), banned = await ground.guests(), await ground.banned()
    before = await _owned(await ground.owner(), maker)
    faults, tried, named = list(maker.unmade), 0, 0
    for route, rule in ground.routes():
        faults += [f"{route.path_format}: the audit has nothing for {{{name}}}" for name in foreign.unknown(route)]
        for request in foreign.requests(route, maker):
            for role, by, bearer in roles(stranger, banned):
                if rule.access is Access.PUBLIC and request.method not in foreign.SAFE and by is stranger:
                    continue  # signing in and out needs nobody's id
                if role != "stranger" and request.query and not request.names:
                    continue  # who is nobody here is refused before a query is looked at
                answer = await _send(ground, request, by, bearer)
                tried, named = tried + 1, named + request.names
                wrong = _wrong(answer, request, maker)
                if role != "stranger" and rule.access not in OPEN and not _turned_away(answer):
                    wrong.append(f"answers {answer.status} instead of 401")
                faults += [f"{request.method} {route.path_format} as a {role} {each}" for each in wrong]
    after = await _owned(await ground.owner(), maker)
    changed = [table for table, found in after.items() if found != before[table]]
    if changed:
        faults.append(f"one of these requests changed what is another member's in {', '.join(changed)}")
    return evidence(
        list(dict.fromkeys(faults)),
        f"{len(ground.routes())} routes × ids of {len(foreign.ids(maker))} tables × {len(roles(stranger, banned))}"
        f" roles: none of {tried:,} requests, {named:,} of them with another member's ids, found or changed anything.",
    )


def roles(stranger: Guest, banned: Guest) -> list[tuple[str, Guest | None, str]]:
    """Who asks: as whom, and with which bearer token instead of a cookie."""
    return [
        ("stranger", stranger, ""),
        ("visitor", None, ""),
        ("banned member", banned, ""),
        ("banned member's program", None, banned.secret),
    ]


def _turned_away(answer: Answer) -> bool:
    to_sign_in = answer.status == 303 and answer.headers.get("location", "").startswith("/sign-in")
    return answer.status == 401 or to_sign_in


def _wrong(answer: Answer, request: foreign.Request, maker: Maker) -> list[str]:
    found = []
    if maker.marker.encode() in answer.body or maker.email.encode() in answer.body:
        found.append("shows what belongs to another member")
    if answer.status >= 500:
        found.append(f"breaks with {answer.status} ({answer.crashed or 'its log says why'})")
    elif request.names and answer.status not in HIDDEN and not _turned_away(answer):
        found.append(f"answers {answer.status} to another member's id")
    return found


async def _send(ground: Ground, request: foreign.Request, by: Guest | None, bearer: str = "") -> Answer:
    """The answer to one request; a guest who was signed out by an earlier one comes back first."""
    answer = await _sent(ground, request, by, bearer)
    stranger = (await ground.guests())[1]
    if answer.status == 401 and by is stranger:
        await sign_in_again(ground.studio, stranger)
        answer = await _sent(ground, request, by, bearer)
    return answer


async def _sent(ground: Ground, request: foreign.Request, by: Guest | None, bearer: str) -> Answer:
    return await ground.ask(
        request.method,
        request.path,
        by=by,
        query=request.query,
        form=request.form,
        body=request.body,
        headers={**request.headers, **({"authorization": f"Bearer {bearer}"} if bearer else {})},
        seconds=30.0,
        enough=lambda body: b"event:" in body or b"retry:" in body,
    )


async def _owned(owner: asyncpg.Connection[asyncpg.Record], maker: Maker) -> dict[str, list[str]]:
    """Everything that the maker owns, as text, by table."""
    theirs = await owner.fetch(rows.OWNED, list(rows.LEDGER))
    tables = {"members": "id"} | {row["name"]: "member_id" for row in theirs}
    return {
        table: [
            row["row"]
            for row in await owner.fetch(
                f"SELECT t::text AS row FROM {table} t WHERE {column} = $1 ORDER BY 1",  # noqa: S608 - from the catalogue
                maker.id,
            )
        ]
        for table, column in sorted(tables.items())
    }


def _any_id(name: str) -> str:
    return foreign.NOBODYS.get(name, "01940000-0000-7000-8000-000000000001")
