"""The console's pages. Reading and writing go through the operator's own database role."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import parse_id
from atelier.catalog import switch, switched_off
from atelier.jobs import cancel
from atelier.jobs import find as find_job
from atelier.limits.limit import GENERAL, PAGES
from atelier.ops.console import members, queue
from atelier.ops.console.overview import disk, hours, overview
from atelier.studio.begin import Wish, begin
from atelier.studio.request import Whole
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)
Field = Annotated[str, Form()]
PAGE = 30


@routes.get("", access=Access.SUPPORT, limit=PAGES)
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


@routes.get("/members", access=Access.SUPPORT, limit=PAGES)
async def members_page(request: Request, here: Here, db: Db, q: str = "", cursor: str | None = None) -> Response:
    """The members, found by name or e-mail."""
    words = q.replace("\0", "")[:100]
    before = parse_id(cursor, "page") if cursor else None
    found, total = await members.search(db, words=words, before=before, limit=PAGE + 1)
    return here.templates.page(
        request,
        "console/members.html",
        members=found[:PAGE],
        total=total,
        q=words,
        cursor=cursor,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
    )


@routes.get("/queue", access=Access.SUPPORT, limit=PAGES)
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


@routes.post(
    "/jobs/{job_id}/cancellation",
    access=Access.OPERATOR,
    limit=GENERAL,
    unconfirmed="it ends a run and gives its credits back, which may be urgent",
)
async def cancel_job(me: Me, db: Db, job_id: str) -> Response:
    """Cancel anybody's job; what was not made is given back."""
    job = await cancel(db, parse_id(job_id, "run"))
    await events.record(db, "console:canceled", member=me.member_id, subject=job.id, whose=str(job.member_id))
    return RedirectResponse("/console/queue", 303)


@routes.post("/jobs/{job_id}/retry", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def retry_job(here: Here, me: Me, db: Db, whole: Whole, job_id: str) -> Response:
    """Begin a failed job's wish anew for its member, who pays for what is made this time; once for each job."""
    job = await find_job(db, parse_id(job_id, "run"))
    wish = Wish(job.tool, job.input, job.model, "page", key=queue.retry_key(job.id))
    async with here.web_db.transaction(Acting.member(job.member_id)) as theirs:
        again = await begin(theirs, whole.catalog, job.member_id, wish)
    await events.record(db, "console:retried", member=me.member_id, subject=again, whose=str(job.member_id))
    return RedirectResponse("/console/queue", 303)


@routes.get("/models", access=Access.SUPPORT, limit=PAGES)
async def models_page(request: Request, here: Here, db: Db, whole: Whole) -> Response:
    """The models of the catalog, on or off."""
    return here.templates.page(
        request,
        "console/models.html",
        models=whole.catalog.current.models,
        lacks=whole.catalog.current.lacks,
        off=await switched_off(db),
        file=whole.catalog.path,
        fault=whole.catalog.fault,
    )


@routes.post("/models/{model_id}/switch", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def switch_model(me: Me, db: Db, whole: Whole, model_id: str, on: Field = "") -> Response:
    """Put a model on offer or take it off; runs that were begun go on."""
    model = whole.catalog.current.find(model_id)
    await switch(db, model.id, on=on == "yes", by=me.member_id)
    return RedirectResponse("/console/models", 303)
