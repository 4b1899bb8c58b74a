"""The operator's page of the queue: what waits, what runs, who works, what failed; cancel a job or begin it anew."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import parse_id
from atelier.jobs import cancel
from atelier.jobs import find as find_job
from atelier.limits.limit import GENERAL, PAGES
from atelier.spine import queue
from atelier.spine.begin import JobRequest, begin
from atelier.spine.request import OpenStudio
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)


@routes.get("/queue", access=Access.SUPPORT, limit=PAGES)
async def queue_page(request: Request, here: Here, db: Db, studio: OpenStudio) -> Response:
    """What waits, what runs, who works, and what failed."""
    return here.templates.page(
        request,
        "spine/queue.html",
        queues=await queue.queues(db, studio.engines.ids),
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
async def retry_job(here: Here, me: Me, db: Db, studio: OpenStudio, job_id: str) -> Response:
    """Begin a failed job's request anew for its member, who pays for what is made this time; once for each job."""
    job = await find_job(db, parse_id(job_id, "run"))
    wanted = JobRequest(job.tool, job.input, job.model, "page", key=queue.retry_key(job.id))
    async with here.web_db.transaction(Acting.member(job.member_id)) as theirs:
        again = await begin(theirs, studio, job.member_id, wanted)
    await events.record(db, "console:retried", member=me.member_id, subject=again, whose=str(job.member_id))
    return RedirectResponse("/console/queue", 303)
