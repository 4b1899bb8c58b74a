"""Runs as pages show them: a job with its frames, each done, being made, waiting, or not made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets import Asset, Assets
from atelier.assets.tiles import Tile, shape_of, tile
from atelier.base.clock import now
from atelier.catalog import Catalog
from atelier.jobs import Job, State
from atelier.jobs.rows import progress
from atelier.jobs.tables import Progress
from atelier.tools.image_generate import SIZES


@dataclass(frozen=True, slots=True)
class Frame:
    """One file of a run. `state`: done, making, queued, failed, canceled, or deleted by its member."""

    position: int
    state: str
    asset: Asset | None = None
    tile: Tile | None = None
    thumb_url: str | None = None
    url: str | None = None
    download_url: str | None = None
    step: int = 0
    steps: int = 0
    preview_url: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A job as a page shows it."""

    id: UUID
    title: str
    state: str
    tool: str
    model: str
    model_name: str
    input: Mapping[str, Any]
    price: int
    charged: int | None
    made: int
    expected: int
    created_at: datetime
    error_code: str | None
    error_message: str | None
    canceling: bool
    width: int  # pixels of each picture, so that a frame has its size before its picture
    height: int
    aspect: str  # the grid's shape: "3-4"
    left_s: int | None  # seconds left, where that can be known
    frames: Sequence[Frame]

    @property
    def over(self) -> bool:
        return State(self.state).over

    @property
    def back(self) -> int:
        """Credits that came back."""
        return self.price - (self.charged or 0) if self.over else 0


async def runs(db: AsyncSession, jobs: Sequence[Job], assets: Assets, catalog: Catalog) -> list[Run]:
    """Jobs with their frames, in the order given."""
    made: dict[UUID, dict[int, Asset]] = {job.id: {} for job in jobs}
    if jobs:
        for asset in (await db.execute(select(Asset).where(Asset.job_id.in_(made)))).scalars():
            assert asset.job_id is not None
            made[asset.job_id][asset.position] = asset
    works_on = await _references(db, jobs)
    steps = await progress(db, [job.id for job in jobs if job.state == State.RUNNING])
    names = {model.id: model.name for model in catalog.current.models}
    return [
        _run(
            job, made[job.id], steps.get(job.id, {}), assets, names.get(job.model, job.model), works_on.get(_image(job))
        )
        for job in jobs
    ]


def _image(job: Job) -> str:
    return str(job.input.get("image") or "")


async def _references(db: AsyncSession, jobs: Sequence[Job]) -> dict[str, Asset]:
    """The pictures that runs work on, by their ids, deleted ones too: what is made of them has their shape."""
    ids = {UUID(_image(job)) for job in jobs if _image(job)}
    if not ids:
        return {}
    return {str(asset.id): asset for asset in (await db.execute(select(Asset).where(Asset.id.in_(ids)))).scalars()}


def _run(
    job: Job,
    made: Mapping[int, Asset],
    steps: Mapping[int, Progress],
    assets: Assets,
    model_name: str,
    works_on: Asset | None,
) -> Run:
    like = next(iter(made.values()), None) or works_on  # a picture of the shape that the run makes
    asked = job.input.get("aspect_ratio", "3:4")
    width, height = SIZES.get(asked, (1, 1))
    if like is not None and like.width and like.height:
        width, height = like.width, like.height
    frames = [
        _frame(job, position, made.get(position), steps.get(position), assets) for position in range(job.expected)
    ]
    return Run(
        id=job.id,
        title=job.title,
        state=job.state,
        tool=job.tool,
        model=job.model,
        model_name=model_name,
        input=job.input,
        price=job.price,
        charged=job.charged,
        made=job.made,
        expected=job.expected,
        created_at=job.created_at,
        error_code=job.error_code,
        error_message=job.error_message,
        canceling=job.cancel_requested_at is not None and not job.over,
        width=width,
        height=height,
        aspect=shape_of(like) if like is not None else str(asked).replace(":", "-"),
        left_s=_left(job, steps),
        frames=frames,
    )


def _frame(job: Job, position: int, asset: Asset | None, step: Progress | None, assets: Assets) -> Frame:
    if asset is not None and asset.deleted_at is None:
        return Frame(
            position,
            "done",
            asset,
            tile(asset, assets),
            assets.link(asset, "thumb"),
            assets.link(asset),
            assets.link(asset, download=True),
        )
    if asset is not None:
        return Frame(position, "deleted")
    if job.over:
        return Frame(position, "canceled" if job.state == State.CANCELED else "failed")
    if step is None:
        return Frame(position, "queued")
    preview = f"/jobs/{job.id}/preview/{position}?v={step.version}" if step.preview is not None else None
    return Frame(position, "making", step=step.step, steps=step.steps, preview_url=preview)


def _left(job: Job, steps: Mapping[int, Progress]) -> int | None:
    """Seconds that the rest will take at the pace so far; None before there is a pace."""
    if job.state != State.RUNNING or job.started_at is None or not steps:
        return None
    done = sum(step.step / max(1, step.steps) for step in steps.values())
    elapsed = (now() - job.started_at).total_seconds()
    return round(elapsed / done * (job.expected - done)) if done > 0.1 else None
