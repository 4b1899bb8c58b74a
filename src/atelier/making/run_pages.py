"""The pages of runs: the workbench, one run, what it looks like so far, and what happens, live."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Header, Path, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.ids import parse_id
from atelier.jobs import Job, State, cancel, find, listing
from atelier.jobs.measures import measures
from atelier.jobs.progress import CHANNEL, read
from atelier.jobs.tables import Progress
from atelier.limits.limit import GENERATION, PAGES
from atelier.making.plots import plots
from atelier.making.views import runs
from atelier.spine.begin import JobRequest, begin
from atelier.spine.request import OpenStudio
from atelier.spine.studio import Studio
from atelier.web import once
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.live import Passing, stream
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/jobs", access=Access.MEMBER, limit=PAGES)
async def jobs_page(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    studio: OpenStudio,
    cursor: str | None = None,
    state: str = "",
    tool: str = "",
) -> Response:
    """The workbench: every run, live."""
    states = [State(state)] if state in set(State) else []
    before = parse_id(cursor, "page") if cursor else None
    tool = tool.replace("\0", "")  # PostgreSQL takes no NUL
    page = await listing(db, member_id=me.member_id, before=before, limit=20, states=states, tool=tool or None)
    return here.templates.page(
        request,
        "making/jobs.html",
        runs=await runs(db, page.items, studio.assets, studio.catalog),
        next=page.next,
        total=page.total,
        state=state,
        states=list(State),
        tool=tool,
        cursor=cursor,
    )


@routes.get("/jobs/{job_id}", access=Access.MEMBER, limit=PAGES)
async def job_page(job_id: str, request: Request, here: Here, db: Db, studio: OpenStudio) -> Response:
    """One run."""
    job = await find(db, parse_id(job_id, "run"))
    return here.templates.page(
        request,
        "making/run.html",
        run=(await runs(db, [job], studio.assets, studio.catalog))[0],
        plots=plots(await measures(db, job.id)),
    )


@routes.get("/jobs/{job_id}/run", access=Access.MEMBER, limit=PAGES)
async def job_fragment(job_id: str, request: Request, here: Here, me: Me, db: Db, studio: OpenStudio) -> Response:
    """One run as a piece of a page."""
    return await run_card(request, here, me, db, studio, await find(db, parse_id(job_id, "run")))


@routes.get("/jobs/{job_id}/preview/{position}", access=Access.MEMBER, limit=PAGES)
async def preview(job_id: str, position: Annotated[int, Path(ge=0, lt=2**31)], db: Db) -> Response:
    """What a file that is being made looks like so far."""
    job = await find(db, parse_id(job_id, "run"))
    found = select(Progress.preview, Progress.preview_type).where(
        Progress.job_id == job.id, Progress.position == position
    )
    row = (await db.execute(found)).one_or_none()
    if row is None or row.preview is None:  # made in the meantime, so the page that asked is about to change
        return Response(status_code=204)
    headers = {"Cache-Control": "private, max-age=60"}
    return Response(row.preview, media_type=row.preview_type or "image/webp", headers=headers)


@routes.post("/jobs/{job_id}/cancellation", access=Access.MEMBER, limit=PAGES)
async def cancel_run(
    job_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    studio: OpenStudio,
    back: FormText = "/jobs",
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """Cancel a run."""
    job = await cancel(db, parse_id(job_id, "run"))
    if hx_request:
        return await run_card(request, here, me, db, studio, job)
    return RedirectResponse(_local(back), status_code=303)


@routes.post("/jobs/{job_id}/retry", access=Access.MEMBER, limit=GENERATION)
async def retry_run(
    job_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    studio: OpenStudio,
    key: Annotated[str | None, Form(alias=once.FIELD)] = None,
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """The same request once more, as a new run at today's price."""
    job = await find(db, parse_id(job_id, "run"))
    asked = JobRequest(job.tool, job.input, job.model, source="page", key=once.job_key(key, [str(job.id)]))
    again = await begin(db, studio, me.member_id, asked)
    if hx_request:
        return await run_card(request, here, me, db, studio, await find(db, again), status=201)
    return RedirectResponse(f"/jobs/{again}", status_code=303)


@routes.get("/live", access=Access.MEMBER, limit=PAGES)
async def live(
    request: Request,
    here: Here,
    me: Me,
    header: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    last: str | None = None,
) -> StreamingResponse:
    """Everything that happens to the member's things, as it happens, after `Last-Event-ID` or `last`."""
    events = stream(request, here, me.member_id, last=header or last, passing=Passing(CHANNEL, read))
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def run_card(
    request: Request, here: Here, me: Caller, db: AsyncSession, studio: Studio, job: Job, *, status: int = 200
) -> Response:
    """A run as a piece of a page, with the balance that it leaves."""
    request.state.balance = await ledger.balance(db, member_id=me.member_id)
    run = (await runs(db, [job], studio.assets, studio.catalog))[0]
    return here.templates.block(request, "making/run.html", "run", status=status, run=run)


def _local(address: str) -> str:
    """An address of this studio to go back to; anything else leads to the workbench."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/jobs"
