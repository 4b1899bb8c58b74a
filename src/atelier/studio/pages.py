"""The image studio, the workbench and the welcome page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Header, Path, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets import Asset
from atelier.base.db import Acting
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import parse_id
from atelier.catalog import Model, switched_off
from atelier.jobs import Job, State, cancel, find, listing
from atelier.jobs.progress import CHANNEL
from atelier.jobs.tables import Progress
from atelier.ledger.purse import purse
from atelier.limits.limit import GENERATION, PAGES
from atelier.studio.begin import Wish, begin
from atelier.studio.house import Studio
from atelier.studio.reference import reference
from atelier.studio.request import Whole
from atelier.studio.views import runs
from atelier.tools import InvalidInput, Tool
from atelier.tools import find as find_tool
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import form_fields, form_values
from atelier.web.live import stream
from atelier.web.parts import Db, Here, MaybeMe, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False, after=[purse])
purseless = Routes(include_in_schema=False)  # a purse would hold its connection while a body or a stream goes on
WALL = 8  # runs on the image studio's wall


@routes.get("/", access=Access.PUBLIC, limit=PAGES)
async def welcome(request: Request, here: Here, me: MaybeMe, whole: Whole) -> Response:
    """What this is, for who is signed out; the image studio for who is signed in."""
    if me is not None:
        return RedirectResponse("/make/image.generate", status_code=303)
    painter = next(iter(whole.catalog.current.ready("image.generate")), None)
    return here.templates.page(request, "studio/welcome.html", welcome_credits=whole.welcome_credits, painter=painter)


@routes.get("/make/{tool_id}", access=Access.MEMBER, limit=PAGES)
async def make_page(
    tool_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    whole: Whole,
    source: Annotated[str | None, Query(alias="from")] = None,
    run: str | None = None,
    vary: bool = False,
    prompt: str = "",
    image: str = "",
    model: str = "",
) -> Response:
    """The studio of one tool: what to make, beside what was made. `from` an asset, `run` and the like fill it in."""
    values: dict[str, Any] = {name: value for name, value in (("prompt", prompt), ("image", image)) if value}
    if source is not None:
        values = await _settings_of(db, parse_id(source, "picture"))
    elif run is not None:
        values = dict((await find(db, parse_id(run, "run"))).input)
    if vary:
        values.pop("seed", None)
    return await _make(request, here, me, db, whole, tool_id, values=values, model_id=model)


async def _settings_of(db: AsyncSession, asset_id: UUID) -> dict[str, Any]:
    asset = (await db.execute(select(Asset).where(Asset.id == asset_id))).scalar_one_or_none()
    if asset is None:
        raise NotFound("picture")
    return dict(asset.settings.get("input", {}))


async def _make(
    request: Request,
    here: Here,
    me: Caller,
    db: AsyncSession,
    whole: Studio,
    tool_id: str,
    *,
    values: Mapping[str, Any],
    model_id: str | None = None,
    errors: Mapping[str, str] | None = None,
    message: str | None = None,
    status: int = 200,
) -> Response:
    tool = find_tool(tool_id)
    off = await switched_off(db)
    catalog = whole.catalog.current
    offered = [model for model in catalog.ready(tool_id) if model.id not in off]
    chosen = next((model for model in offered if model.id == model_id), offered[0] if offered else None)
    fields = form_fields(tool.Input, values={**(chosen.defaults if chosen else {}), **values}, errors=errors or {})
    works_on = next((field.value for field in fields if field.widget == "picture"), None)
    page = await listing(db, member_id=me.member_id, limit=WALL, tool=tool_id)
    return here.templates.page(
        request,
        "studio/make.html",
        status=status,
        tool=tool,
        fields=fields,
        models=offered,
        model=chosen,
        starts={model.id: _starts(tool, model, offered) for model in offered},
        lacking=[(model, catalog.lacks[model.id]) for model in catalog.of(tool_id) if model.id in catalog.lacks],
        reference=await reference(db, whole.assets, works_on) if works_on is not None else None,
        runs=await runs(db, page.items, whole.assets, whole.catalog),
        more=page.next is not None,
        balance=await ledger.balance(db, member_id=me.member_id),
        errors=errors or {},
        message=message,
    )


def _starts(tool: Tool, model: Model, among: Sequence[Model]) -> dict[str, Any]:
    """With what a model begins in those fields in which one of the models wants something of its own."""
    names = {name for one in among for name in one.defaults}
    return {name: model.defaults.get(name, tool.Input.model_fields[name].default) for name in sorted(names)}


@purseless.post("/make/{tool_id}", access=Access.MEMBER, limit=GENERATION)
async def make(
    tool_id: str,
    request: Request,
    here: Here,
    me: Me,
    whole: Whole,
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """Begin a run. What is wrong comes back beside its field, with all that was typed; nothing is charged then.

    It takes a connection only once the form is there, and one at a time: a form may come slowly.
    """
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    model_id = typed.pop("model", None)
    tool = find_tool(tool_id)
    try:
        wish = Wish(tool=tool_id, input=form_values(tool.Input, typed), model=model_id or None, source="page")
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            job_id = await begin(db, whole.catalog, me.member_id, wish)
    except AtelierError as error:
        if error.status >= 500:
            raise
        faults = error.faults if isinstance(error, InvalidInput) else {error.field or "": error.message}
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await _make(
                request,
                here,
                me,
                db,
                whole,
                tool_id,
                values=typed,
                model_id=model_id,
                errors=faults,
                message=error.message,
                status=error.status,
            )
    if hx_request:
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await _card(request, here, me, db, whole, await find(db, job_id), status=201)
    return RedirectResponse(f"/make/{tool_id}#run-{job_id}", status_code=303)


@routes.get("/jobs", access=Access.MEMBER, limit=PAGES)
async def jobs_page(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    whole: Whole,
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
        "studio/jobs.html",
        runs=await runs(db, page.items, whole.assets, whole.catalog),
        next=page.next,
        total=page.total,
        state=state,
        states=list(State),
        tool=tool,
        cursor=cursor,
    )


@routes.get("/jobs/{job_id}", access=Access.MEMBER, limit=PAGES)
async def job_page(job_id: str, request: Request, here: Here, db: Db, whole: Whole) -> Response:
    """One run."""
    job = await find(db, parse_id(job_id, "run"))
    return here.templates.page(request, "studio/run.html", run=(await runs(db, [job], whole.assets, whole.catalog))[0])


@routes.get("/jobs/{job_id}/run", access=Access.MEMBER, limit=PAGES)
async def job_fragment(job_id: str, request: Request, here: Here, me: Me, db: Db, whole: Whole) -> Response:
    """One run as a piece of a page."""
    return await _card(request, here, me, db, whole, await find(db, parse_id(job_id, "run")))


@purseless.get("/jobs/{job_id}/preview/{position}", access=Access.MEMBER, limit=PAGES)
async def preview(job_id: str, position: Annotated[int, Path(ge=0, lt=2**31)], db: Db) -> Response:
    """What a file that is being made looks like so far."""
    job = await find(db, parse_id(job_id, "run"))
    found = select(Progress.preview).where(Progress.job_id == job.id, Progress.position == position)
    picture = (await db.execute(found)).scalar_one_or_none()
    if picture is None:  # made in the meantime, so the page that asked is about to change
        return Response(status_code=204)
    return Response(picture, media_type="image/webp", headers={"Cache-Control": "private, max-age=60"})


@routes.post("/jobs/{job_id}/cancellation", access=Access.MEMBER, limit=PAGES)
async def cancel_run(
    job_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    whole: Whole,
    back: Annotated[str, Form()] = "/jobs",
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """Cancel a run."""
    job = await cancel(db, parse_id(job_id, "run"))
    if hx_request:
        return await _card(request, here, me, db, whole, job)
    return RedirectResponse(_local(back), status_code=303)


@routes.post("/jobs/{job_id}/retry", access=Access.MEMBER, limit=GENERATION)
async def retry_run(
    job_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    whole: Whole,
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """The same wish once more, as a new run at today's price."""
    job = await find(db, parse_id(job_id, "run"))
    again = await begin(db, whole.catalog, me.member_id, Wish(job.tool, job.input, job.model, "page"))
    if hx_request:
        return await _card(request, here, me, db, whole, await find(db, again), status=201)
    return RedirectResponse(f"/jobs/{again}", status_code=303)


@purseless.get("/live", access=Access.MEMBER, limit=PAGES)
async def live(
    request: Request,
    here: Here,
    me: Me,
    header: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    last: str | None = None,
) -> StreamingResponse:
    """Everything that happens to the member's things, as it happens, after `Last-Event-ID` or `last`."""
    events = stream(request, here, me.member_id, last=header or last, passing=CHANNEL)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _card(
    request: Request, here: Here, me: Caller, db: AsyncSession, whole: Studio, job: Job, *, status: int = 200
) -> Response:
    """A run as a piece of a page, with the balance that it leaves."""
    request.state.balance = await ledger.balance(db, member_id=me.member_id)
    run = (await runs(db, [job], whole.assets, whole.catalog))[0]
    return here.templates.block(request, "studio/run.html", "run", status=status, run=run)


def _local(address: str) -> str:
    """An address of this studio to go back to; anything else leads to the workbench."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/jobs"
