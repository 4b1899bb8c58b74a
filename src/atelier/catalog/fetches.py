"""Fetches of weights: asked for by an operator, carried out by a worker, which goes on from what is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text, Update, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from atelier.base import events
from atelier.base.background import Again, Rows, Task
from atelier.base.db import Acting, Database, Table, rows_changed
from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.base.outgoing import Outgoing
from atelier.engines.weights.fetch import Fetched, Fetching, fetch
from atelier.engines.weights.manifest import Manifest, known

MANIFESTS, WEIGHTS = "manifests", "weights"  # folders of the data folder
EVERY = 1.0  # seconds between two looks whether somebody stopped it
SILENT = timedelta(seconds=30)  # after which a fetch that says nothing has no worker any more
NAME = "weights:fetch"
_TIME = DateTime(timezone=True)


class State(StrEnum):
    """Where a fetch is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    HERE = "here"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN = (State.WAITING, State.RUNNING)


class WeightFetch(Table):
    """One fetch: `done` of `total` bytes are there, and `file` is coming."""

    __tablename__ = "weight_fetches"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    total: Mapped[int] = mapped_column(BigInteger)
    file: Mapped[str] = mapped_column(Text, server_default="")
    message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    seen_at: Mapped[datetime | None] = mapped_column(_TIME)
    finished_at: Mapped[datetime | None] = mapped_column(_TIME)

    @property
    def open(self) -> bool:
        return self.state in OPEN


class FetchOver(Conflict):
    """A fetch that has ended cannot be canceled."""

    code = "fetch_over"


def manifests(home: Path) -> Mapping[str, Manifest]:
    """The manifests of this release and of the data folder, by their names. Reads files; raises `BadManifest`."""
    return known([home / MANIFESTS])


async def ask(db: AsyncSession, manifest: Manifest, *, by: UUID) -> None:
    """Have a worker fetch a model's weights; nothing more where that is under way. Only for operators."""
    new = insert(WeightFetch).values(id=new_id(), name=manifest.name, total=manifest.bytes)
    made = (await db.execute(new.on_conflict_do_nothing().returning(WeightFetch.id))).scalar_one_or_none()
    if made is not None:
        await events.record(db, "weights:asked", member=by, subject=made, weights=manifest.name)


async def cancel(db: AsyncSession, name: str, *, by: UUID) -> None:
    """Stop a model's fetch; what has come stays for the next. Raises `FetchOver`. Only for operators."""
    stop = update(WeightFetch).where(WeightFetch.name == name, WeightFetch.state.in_(OPEN))
    stopped = await db.execute(
        stop.values(state=State.CANCELED.value, finished_at=func.now()).returning(WeightFetch.id)
    )
    found = stopped.scalar_one_or_none()
    if found is None:
        raise FetchOver("This fetch has already ended.")
    await events.record(db, "weights:canceled", member=by, subject=found, weights=name)


async def latest(db: AsyncSession) -> Mapping[str, WeightFetch]:
    """The newest fetch of each model, by the model's name."""
    newest = select(WeightFetch).ext(distinct_on(WeightFetch.name)).order_by(WeightFetch.name, WeightFetch.id.desc())
    return {each.name: each for each in await db.scalars(newest)}


class Stopped(Exception):
    """The operator stopped the fetch."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Carries out fetches, one at a time in all: mail and exports need workers' hands as well."""

    database: Database  # the worker's
    home: Path
    outgoing: Outgoing

    @property
    def tasks(self) -> Sequence[Task]:
        rows = Rows("weight_fetches", "state IN ('waiting', 'running')", "weights:", "fetch_id")
        return [Task(NAME, self.run, rows)]

    async def run(self, fetch_id: str) -> None:
        """Fetch what is missing; `Again` while another fetch is at work."""
        begun = await self._begin(UUID(fetch_id))
        if begun is None:
            return
        try:
            manifest = (await asyncio.to_thread(manifests, self.home)).get(begun.name)
            if manifest is None:
                raise NotFound("model", f"No weights are called {begun.name!r} any more.")
            await self._fetch(begun, manifest)
        except Stopped:
            return
        except Fetched as error:  # by a command, or by a worker that is being stopped
            raise Again(5.0) from error
        except AtelierError as error:
            await self._end(begun, State.FAILED, error.message)
        else:
            await self._end(begun, State.HERE, None)

    async def _begin(self, fetch_id: UUID) -> WeightFetch | None:
        """The fetch, if it is still wanted; raises `Again` while another one is at work."""
        other = aliased(WeightFetch)
        busy = select(other.id).where(
            other.id != fetch_id, other.state == State.RUNNING, other.seen_at > func.now() - SILENT
        )
        mine = update(WeightFetch).where(WeightFetch.id == fetch_id, WeightFetch.state.in_(OPEN))
        async with self.database.transaction(Acting.for_studio()) as db:
            if await db.scalar(select(WeightFetch.id).where(WeightFetch.id == fetch_id, WeightFetch.state.in_(OPEN))):
                if await db.scalar(busy.limit(1)):
                    raise Again(5.0)
                begin = mine.values(state=State.RUNNING.value, seen_at=func.now()).returning(WeightFetch)
                return (await db.execute(begin)).scalar_one_or_none()
        return None

    async def _fetch(self, begun: WeightFetch, manifest: Manifest) -> None:
        at = Fetching(0, manifest.bytes, "")

        def tell(fetching: Fetching) -> None:
            nonlocal at
            at = fetching

        work = asyncio.create_task(fetch(manifest, self.home / WEIGHTS / manifest.name, self.outgoing, tell))
        try:
            while True:
                ended, _ = await asyncio.wait({work}, timeout=EVERY)
                if ended:
                    return work.result()
                if not await self._note(begun, at):
                    raise Stopped
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work

    async def _note(self, begun: WeightFetch, at: Fetching) -> bool:
        async with self.database.transaction(Acting.for_studio()) as db:
            noted = _still(begun).values(done=at.done, total=at.total, file=at.path, seen_at=func.now())
            return rows_changed(await db.execute(noted)) > 0

    async def _end(self, begun: WeightFetch, state: State, message: str | None) -> None:
        ended: dict[str, Any] = {"state": state.value, "message": message, "finished_at": func.now()}
        if state is State.HERE:
            ended["done"] = WeightFetch.total
        async with self.database.transaction(Acting.for_studio()) as db:
            if rows_changed(await db.execute(_still(begun).values(ended))):
                await events.record(db, f"weights:{state}", member=None, subject=begun.id, weights=begun.name)


def _still(begun: WeightFetch) -> Update:
    return update(WeightFetch).where(WeightFetch.id == begun.id, WeightFetch.state == State.RUNNING.value)
