"""`/api/v1`: jobs, their events, and the models on offer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets import Asset
from atelier.base.ids import parse_id
from atelier.base.kinds import KindId
from atelier.catalog import switched_off
from atelier.jobs import Job, State, cancel, find, listing
from atelier.jobs.progress import CHANNEL, read
from atelier.limits.limit import GENERAL
from atelier.making.limits import BY_BODY
from atelier.spine.begin import JobRequest, begin
from atelier.spine.request import OpenStudio
from atelier.tools import find as find_tool
from atelier.tools.terms import written
from atelier.web.access import Access
from atelier.web.json_numbers import exact
from atelier.web.live import Passing, stream
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(prefix="/api/v1", tags=["jobs"])


class NewJob(BaseModel):
    """What to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"tool": "image.generate", "input": {"prompt": "A red boat on a calm sea", "count": 1}}]
        },
    )
    tool: str = Field(description="A tool's id.", examples=["image.generate"])
    model: str | None = Field(
        None, description="A model's id; default: the tool's first that can work.", examples=["sketch"]
    )
    input: dict[str, Any] = Field(description="The tool's input, as its schema says.")


class JobError(BaseModel):
    """Why a job failed."""

    code: str = Field(examples=["engine_crashed"])
    message: str = Field(examples=["The engine stopped. Your credits are back."])


class JobView(BaseModel):
    """A job."""

    id: UUID
    tool: str
    model: str
    title: str
    state: State
    input: dict[str, Any] = Field(description="As it was made; integers of 2**53 and more are text.")
    price: int = Field(description="Credits held when it began.")
    charged: int | None = Field(description="Credits paid; null until it is over.")
    used: dict[str, int] | None = Field(description="What was paid for, once it is over.", examples=[{"pictures": 4}])
    rates: dict[str, str] = Field(description="Credits for one of each unit, as agreed.", examples=[{"pictures": "1"}])
    result: dict[str, Any] | None = Field(description="What it made that is no file: `text`, `data`.")
    expected: int
    made: int
    attempt: int
    error: JobError | None
    assets: list[UUID] = Field(description="What it made, in order.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """Some jobs, newest first."""

    items: list[JobView]
    next: str | None = Field(description="Pass it as `cursor` for those that follow.")
    total: int


class ModelView(BaseModel):
    """A model on offer."""

    id: str
    name: str
    tool: str
    engine: str
    licence: str
    summary: str
    price: dict[str, str] = Field(description="Credits for one of each unit.", examples=[{"pictures": "1"}])
    yields: KindId
    on: bool = Field(description="Whether the operator has it on offer.")
    ready: bool = Field(description="Whether it has all that it needs to work.")
    understands: str = Field(description="What to write.", examples=["Whole sentences in English."])
    words: dict[str, list[str]] = Field(description="That it knows, in groups.", examples=[{"Hour": ["at dusk"]}])
    defaults: dict[str, Any] = Field(description="Of the input, where they differ from the tool's.")
    input_schema: dict[str, Any] = Field(description="JSON Schema of the tool's input.")


async def views(db: AsyncSession, jobs: list[Job]) -> list[JobView]:
    """Jobs as the API shows them, with the ids of what they made."""
    made: dict[UUID, list[UUID]] = {job.id: [] for job in jobs}
    of_these = (Asset.job_id.in_(made), Asset.deleted_at.is_(None))
    for row in await db.execute(select(Asset.id, Asset.job_id).where(*of_these).order_by(Asset.position)):
        made[row.job_id].append(row.id)
    return [
        JobView(
            id=job.id,
            tool=job.tool,
            model=job.model,
            title=job.title,
            state=State(job.state),
            input=exact(job.input),
            price=job.price,
            charged=job.charged,
            used=job.used,
            rates=job.terms["rates"],
            result=job.result,
            expected=job.expected,
            made=job.made,
            attempt=job.attempt,
            error=JobError(code=job.error_code, message=job.error_message or "") if job.error_code else None,
            assets=made[job.id],
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )
        for job in jobs
    ]


@routes.post(
    "/jobs", access=Access.MEMBER, scope=Scope.JOBS_WRITE, limit=BY_BODY, status_code=201, response_model=JobView
)
async def create_job(
    wanted: NewJob,
    db: Db,
    me: Me,
    studio: OpenStudio,
    response: Response,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> JobView:
    """Begin a job: its price is held now, settled for what is made, and given back for what is not."""
    asked = JobRequest(tool=wanted.tool, input=wanted.input, model=wanted.model, source="api", key=key)
    job_id = await begin(db, studio, me.member_id, asked)
    response.headers["Location"] = f"/api/v1/jobs/{job_id}"
    return (await views(db, [await find(db, job_id)]))[0]


@routes.get("/jobs", access=Access.MEMBER, scope=Scope.JOBS_READ, limit=GENERAL, response_model=JobPage)
async def list_jobs(
    db: Db,
    me: Me,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    state: Annotated[list[State] | None, Query()] = None,
    tool: Annotated[str | None, Query(pattern=r"^[^\x00]*$")] = None,  # PostgreSQL takes no NUL
) -> JobPage:
    """Your jobs, newest first."""
    before = parse_id(cursor, "page") if cursor else None
    page = await listing(db, member_id=me.member_id, before=before, limit=limit, states=state or [], tool=tool)
    more = str(page.next) if page.next else None
    return JobPage(items=await views(db, list(page.items)), next=more, total=page.total)


@routes.get("/jobs/{job_id}", access=Access.MEMBER, scope=Scope.JOBS_READ, limit=GENERAL, response_model=JobView)
async def get_job(job_id: str, db: Db) -> JobView:
    """One of your jobs."""
    return (await views(db, [await find(db, parse_id(job_id, "job"))]))[0]


@routes.post(
    "/jobs/{job_id}/cancellation", access=Access.MEMBER, scope=Scope.JOBS_WRITE, limit=GENERAL, response_model=JobView
)
async def cancel_job(job_id: str, db: Db) -> JobView:
    """Cancel a job: at once while it waits, within two seconds while it runs. Twice is the same as once."""
    return (await views(db, [await cancel(db, parse_id(job_id, "job"))]))[0]


@routes.get(
    "/jobs/{job_id}/events",
    access=Access.MEMBER,
    scope=Scope.JOBS_READ,
    limit=GENERAL,
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Facts with ids, and passing progress."}},
)
async def job_events(
    job_id: str,
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> StreamingResponse:
    """A job's events as they happen (SSE); resumes after `Last-Event-ID`, from its beginning without one."""
    job = await find(db, parse_id(job_id, "job"))
    events = stream(
        request,
        here,
        me.member_id,
        subject=job.id,
        last=last or "0-0",
        passing=Passing(CHANNEL, read),
        ends=("job:succeeded", "job:failed", "job:canceled"),
    )
    return StreamingResponse(events, media_type="text/event-stream")


@routes.get(
    "/models",
    access=Access.MEMBER,
    scope=Scope.MODELS_READ,
    limit=GENERAL,
    response_model=list[ModelView],
    tags=["models"],
)
async def list_models(db: Db, studio: OpenStudio, tool: str | None = None) -> list[ModelView]:
    """The models on offer, the default of each tool before its others."""
    off, catalog = await switched_off(db), studio.catalog.current
    views = []
    for model in sorted(catalog.models, key=lambda model: model.id in catalog.lacks):
        if tool in (None, model.tool):
            made_by = find_tool(model.tool)
            views.append(
                ModelView(
                    **model.model_dump(include={"id", "name", "tool", "engine", "licence", "summary", "understands"}),
                    words={group: list(words) for group, words in model.words.items()},
                    defaults=dict(model.defaults),
                    price={unit: written(rate) for unit, rate in model.price.items()},
                    yields=made_by.yields.id,
                    on=model.id not in off,
                    ready=model.id not in catalog.lacks,
                    input_schema=made_by.Input.model_json_schema(),
                )
            )
    return views
