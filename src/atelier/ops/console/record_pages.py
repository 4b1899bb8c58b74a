"""The console's pages about what happened and what keeps the studio in order: the trail, the limits, the flags."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from atelier.base.clock import now
from atelier.base.errors import BadRequest, NotFound
from atelier.base.ids import UUID
from atelier.limits.flags import FLAGS, shares, switch
from atelier.limits.limit import EXPORTS, GENERAL, PAGES
from atelier.limits.network import plain
from atelier.ops.console.limits import in_force
from atelier.ops.records import Wanted, kinds, trail
from atelier.ops.records.table import table
from atelier.people.console import lockouts, members
from atelier.people.trail import KIND
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, acting
from atelier.web.routes import Routes, rules

routes = Routes(prefix="/console", include_in_schema=False)
PAGE = 50


class Asked:
    """The filters of the trail as a browser sends them; what cannot be is left out."""

    def __init__(self, kind: str = "", member: str = "", address: str = "", since: str = "", until: str = "") -> None:
        last = _day(until)
        self.wanted = Wanted(
            kind=kind if KIND.fullmatch(kind) else "",
            member=_id(member),
            address=plain(address) if address.strip() else "",
            since=_day(since),
            until=last + timedelta(days=1) if last and last.year < 9999 else None,
        )
        self.typed = {"kind": kind, "member": member, "address": address, "since": since, "until": until}

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self.typed.items() if value})


Filters = Annotated[Asked, Depends()]


@routes.get("/trail", access=Access.SUPPORT, limit=PAGES)
async def trail_page(request: Request, here: Here, db: Db, asked: Filters, cursor: str = "") -> Response:
    """Who did what to whom, the newest first."""
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    found = await trail(db, asked.wanted, before=before, limit=PAGE + 1)
    known = await kinds(db)
    whom = await members.find(db, asked.wanted.member) if asked.wanted.member else None
    return here.templates.page(
        request,
        "console/trail.html",
        lines=found[:PAGE],
        kinds=known,
        nouns=sorted({kind.partition(":")[0] for kind in known} | {"asset", "job"}),
        asked=asked,
        whom=whom,
        cursor=before,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
    )


@routes.get("/trail.csv", access=Access.SUPPORT, limit=EXPORTS)
async def trail_table(request: Request, asked: Filters) -> Response:
    """The same as a table to keep."""
    database, who = acting(request)
    name = f"trail-{now():%Y-%m-%d}.csv"
    return StreamingResponse(
        table(database, who, asked.wanted),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.get("/limits", access=Access.SUPPORT, limit=PAGES)
async def limits_page(request: Request, here: Here, db: Db) -> Response:
    """The limits in force, and who is locked out."""
    return here.templates.page(
        request,
        "console/limits.html",
        limits=in_force(here.limiter, [rule.limit for _, rule in rules(request.app)]),
        locks=await lockouts.locks(db, here.limiter),
        shared=here.limiter.shared,
        degraded=here.limiter.degraded,
        proxies=[str(each).removesuffix("/32").removesuffix("/128") for each in here.trusted_proxies],
    )


@routes.post("/locks/unlocking", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def unlock(me: Me, db: Db, kind: FormText = "", name: FormText = "") -> Response:
    """Forget the failures that made a lock."""
    await lockouts.unlock(db, by=me.member_id, kind=kind, name=name)
    return RedirectResponse("/console/limits", 303)


@routes.get("/flags", access=Access.SUPPORT, limit=PAGES)
async def flags_page(request: Request, here: Here, db: Db) -> Response:
    """What is switched on, and for how many."""
    return here.templates.page(request, "console/flags.html", flags=list(FLAGS.values()), shares=await shares(db))


@routes.post("/flags/{flag}", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def switch_flag(me: Me, db: Db, flag: str, share: FormText = "") -> Response:
    """Have it on for some of a hundred members."""
    if flag not in FLAGS:
        raise NotFound("flag")
    if not (share.isascii() and share.isdigit() and len(share) < 4 and int(share) <= 100):
        raise BadRequest("Write a whole number from 0 to 100.", field="share")
    await switch(db, FLAGS[flag], int(share), by=me.member_id)
    return RedirectResponse("/console/flags", 303)


def _id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _day(written: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(written), datetime.min.time(), UTC)
    except ValueError:
        return None
