"""The crash drill: jobs through the API while workers, engines, web process and database are killed at random."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting, Database
from atelier.ops.drill import crowd as crowds
from atelier.ops.drill.crowd import Crowd
from atelier.ops.drill.place import Place
from atelier.ops.drill.verify import Outcome, verify

WORKERS = ("worker 1", "worker 2")
TARGETS = (*WORKERS, *WORKERS, "engine", "engine", "web")  # as often as they stand here
CALM = 0.6  # share of ended jobs after which nothing is killed any more


@dataclass(frozen=True, slots=True)
class Plan:
    """How many jobs, by which chance, and whether the database dies too. `meddle` breaks the studio on purpose, for
    the tests of the drill itself: it is called in the middle of the run, and again until it returns True."""

    jobs: int = 60
    seed: int = 0
    database: bool = False
    patience: float = 600.0  # seconds after which whatever has not ended is lost
    meddle: Callable[[Place], bool] | None = None


@dataclass(slots=True)
class Standing:
    """How far a drill is."""

    acknowledged: int = 0
    begun: int = 0  # attempts at jobs
    ended: int = 0
    kills: int = 0

    @property
    def progress(self) -> tuple[int, int, int]:
        """Grows with everything that the studio does."""
        return self.acknowledged, self.begun, self.ended


Told = Callable[[Standing], None]


async def crash(plan: Plan, told: Told = lambda _: None) -> Outcome:
    """Run the drill in a studio of its own and verify it; seconds, not minutes, for sixty jobs."""
    began = time.monotonic()
    place = Place()
    try:
        await asyncio.to_thread(place.open)
        outcome = await _run(place, plan, told)
    finally:
        await asyncio.to_thread(place.close)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


async def _run(place: Place, plan: Plan, told: Told) -> Outcome:
    chance, standing, outcome = random.Random(plan.seed), Standing(), Outcome(plan.jobs, seed=plan.seed)  # noqa: S311
    end = time.monotonic() + plan.patience
    web_db, operator_db = place.connect()
    try:
        for name in ("web", *WORKERS):
            place.start(name)
        crowd = await crowds.gather(web_db, operator_db, plan.jobs, chance)
        killing = asyncio.create_task(_kill(place, plan, standing, random.Random(plan.seed + 1)))  # noqa: S311
        sending = asyncio.create_task(crowds.send(crowd, place.origin, lambda: time.monotonic() > end))
        try:
            await _until_ended(place, plan, crowd, operator_db, standing, end, sending, told)
            await sending
        finally:
            for task in (killing, sending):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await asyncio.to_thread(place.stop)
        outcome.kills, outcome.orphans = standing.kills, await asyncio.to_thread(place.left)
        await verify(outcome, crowd, operator_db, place.assets)
    finally:
        await web_db.close()
        await operator_db.close()
    outcome.passed = not (outcome.lost or outcome.doubled or outcome.credits_off or outcome.orphans)
    return outcome


async def _until_ended(
    place: Place,
    plan: Plan,
    crowd: Crowd,
    operator_db: Database,
    standing: Standing,
    end: float,
    sending: asyncio.Task[None],
    told: Told,
) -> None:
    """Wait until every request is sent and every job over, or patience is; whatever dies meanwhile is started again."""
    meddle = plan.meddle
    while time.monotonic() < end:
        with suppress(SQLAlchemyError, OSError):  # while the database is down
            standing.ended, still, standing.begun = await _count(operator_db)
            if sending.done() and not still:
                return
        standing.acknowledged = crowd.acknowledged
        told(standing)
        if meddle is not None and standing.ended >= plan.jobs // 3:
            meddle = None if await asyncio.to_thread(meddle, place) else meddle
        for name, process in list(place.processes.items()):
            if process.poll() is not None:
                place.start(name)
        if not place.postgres.running():
            await asyncio.to_thread(place.postgres.open)
        await asyncio.sleep(0.2)


_COUNT = text(
    "SELECT count(*) FILTER (WHERE finished_at IS NOT NULL), count(*) FILTER (WHERE finished_at IS NULL),"
    " coalesce(sum(attempt), 0) FROM jobs"
)


async def _count(operator_db: Database) -> tuple[int, int, int]:
    async with operator_db.transaction(Acting.for_studio()) as db:
        ended, still, begun = (await db.execute(_COUNT)).one()
    return ended, still, begun


async def _kill(place: Place, plan: Plan, standing: Standing, chance: random.Random) -> None:
    """Kill something every two or three seconds until most jobs are over; the database once, in the middle.

    At most one for every third job dies: each costs a start, and a slow machine would do little else; for the same
    reason the next dies only when the studio has done something since. A fast machine would be through before it has
    lost much, so one also dies after every fifteenth of the jobs.
    """
    database = plan.database
    every = max(plan.jobs // 15, 1)
    due, share, done = time.monotonic() + chance.uniform(1.5, 3.5), every, standing.progress
    while standing.ended < plan.jobs * CALM and (database or standing.kills < max(plan.jobs // 3, 8)):
        await asyncio.sleep(0.05)
        if (time.monotonic() < due or standing.progress == done) and standing.ended < share:
            continue
        if not standing.acknowledged:
            continue  # what has not begun cannot be interrupted
        if database and standing.ended >= plan.jobs // 4:
            place.kill_database()
            database = False
        else:
            target = chance.choice(TARGETS)
            if target == "engine":
                engines = place.engines()
                if not engines:
                    continue
                with suppress(psutil.Error):
                    chance.choice(engines).kill()
            elif place.processes[target].poll() is None:
                await asyncio.to_thread(place.kill, target)
            else:
                continue
        standing.kills += 1
        due, share, done = time.monotonic() + chance.uniform(1.5, 3.5), standing.ended + every, standing.progress
