"""The console's pages. Reading and writing go through the operator's own database role."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import UUID, new_id, parse_id
from atelier.catalog import switch, switched_off
from atelier.jobs import cancel
from atelier.jobs import find as find_job
from atelier.limits.limit import GENERAL, PAGES
from atelier.ops.console import members, queue
from atelier.ops.console.overview import disk, hours, overview
from atelier.studio.begin import Wish, begin
from atelier.studio.request import Whole
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)
Field = Annotated[str, Form()]
PAGE = 30


@routes.get("", access=Access.OPERATOR, limit=PAGES)
async def overview_page(request: Request, here: Here, db: Db, whole: Whole) -> Response:
    """How the studio is doing."""
    return here.templates.page(
        request,
        "console/overview.html",
        figures=await overview(db),
        hours=await hours(db),
        disk=await disk(db, whole.home),
        workers=await queue.workers(db),
        queues=await queue.queues(db, whole.engines.ids),
        limits_degraded=whole.limiter.degraded,
        catalog_fault=whole.catalog.fault,
    )


@routes.get("/members", access=Access.OPERATOR, limit=PAGES)
async def members_page(request: Request, here: Here, db: Db, q: str = "", before: str | None = None) -> Response:
    """The members, found by name or e-mail."""
    words = q.replace("\0", "")[:100]
    cursor = parse_id(before, "page") if before else None
    found, total = await members.search(db, words=words, before=cursor, limit=PAGE + 1)
    return here.templates.page(
        request,
        "console/members.html",
        members=found[:PAGE],
        total=total,
        q=words,
        before=before,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
    )


@routes.get("/members/{member_id}", access=Access.OPERATOR, limit=PAGES)
async def member_page(request: Request, here: Here, db: Db, member_id: str) -> Response:
    """One member: what they have, what they did."""
    return await _member(request, here, db, parse_id(member_id, "member"))


@routes.post("/members/{member_id}/grants", access=Access.OPERATOR, limit=GENERAL)
async def grant(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    member_id: str,
    amount: Field = "",
    memo: Field = "",
    key: Field = "",
) -> Response:
    """Give credits: asked for once without a key, then confirmed with it; the same key gives only once."""
    found = await members.find(db, parse_id(member_id, "member"))
    typed = {"amount": amount, "memo": memo}
    try:
        credits, words = members.grant_of(amount, memo)
    except members.BadGrant as error:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return await _member(request, here, db, found.id, typed=typed, faults={error.field or "": error.message})
    if not key:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return here.templates.page(
            request, "console/grant.html", member=found, amount=credits, memo=words, key=new_id()
        )
    name = f"console:{parse_id(key, 'grant')}"
    if await ledger.grant(db, member_id=found.id, amount=credits, key=name, memo=words):
        await events.record(db, "console:granted", member=me.member_id, subject=found.id, amount=credits, memo=words)
    return RedirectResponse(f"/console/members/{found.id}?given={credits}", 303)


@routes.get("/queue", access=Access.OPERATOR, limit=PAGES)
async def queue_page(request: Request, here: Here, db: Db, whole: Whole) -> Response:
    """What waits, what runs, who works, and what failed."""
    return here.templates.page(
        request,
        "console/queue.html",
        queues=await queue.queues(db, whole.engines.ids),
        workers=await queue.workers(db),
        jobs=await queue.open_jobs(db),
        failed=await queue.failed_jobs(db),
    )


@routes.post("/jobs/{job_id}/cancellation", access=Access.OPERATOR, limit=GENERAL)
async def cancel_job(me: Me, db: Db, job_id: str) -> Response:
    """Cancel anybody's job; what was not made is given back."""
    job = await cancel(db, parse_id(job_id, "run"))
    await events.record(db, "console:canceled", member=me.member_id, subject=job.id, whose=str(job.member_id))
    return RedirectResponse("/console/queue", 303)


@routes.post("/jobs/{job_id}/retry", access=Access.OPERATOR, limit=GENERAL)
async def retry_job(here: Here, me: Me, db: Db, whole: Whole, job_id: str) -> Response:
    """Begin a failed job's wish anew for its member, who pays for what is made this time; once for each job."""
    job = await find_job(db, parse_id(job_id, "run"))
    wish = Wish(job.tool, job.input, job.model, "page", key=queue.retry_key(job.id))
    async with here.web_db.transaction(Acting.member(job.member_id)) as theirs:
        again = await begin(theirs, whole.catalog, job.member_id, wish)
    await events.record(db, "console:retried", member=me.member_id, subject=again, whose=str(job.member_id))
    return RedirectResponse("/console/queue", 303)


@routes.get("/models", access=Access.OPERATOR, limit=PAGES)
async def models_page(request: Request, here: Here, db: Db, whole: Whole) -> Response:
    """The models of the catalog, on or off."""
    return here.templates.page(
        request,
        "console/models.html",
        models=whole.catalog.current.models,
        off=await switched_off(db),
        file=whole.catalog.path,
        fault=whole.catalog.fault,
    )


@routes.post("/models/{model_id}/switch", access=Access.OPERATOR, limit=GENERAL)
async def switch_model(me: Me, db: Db, whole: Whole, model_id: str, on: Field = "") -> Response:
    """Put a model on offer or take it off; runs that were begun go on."""
    model = whole.catalog.current.find(model_id)
    await switch(db, model.id, on=on == "yes", by=me.member_id)
    return RedirectResponse("/console/models", 303)


async def _member(
    request: Request,
    here: Parts,
    db: AsyncSession,
    member_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    return here.templates.page(
        request,
        "console/member.html",
        status=422 if faults else 200,
        member=await members.find(db, member_id),
        activity=await members.activity(db, member_id),
        balance_of=await ledger.balance(db, member_id=member_id),
        lines=await ledger.statement(db, member_id=member_id, limit=20),
        typed=typed or {},
        faults=faults or {},
        given=request.query_params.get("given", ""),
    )
