"""The worker process of a studio: its queue, its engines and the spine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

from atelier.assets.sweep import sweep_until
from atelier.base.crypto import derive
from atelier.jobs.queue import open_queue
from atelier.jobs.worker import GRACE, Stops, work
from atelier.notify import jobs as notify_jobs
from atelier.notify.deliver import Postman
from atelier.people import jobs as people_jobs
from atelier.people.answer import Answerer
from atelier.people.leaving import jobs as leaving_jobs
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.fill import Exporter
from atelier.studio.house import Studio
from atelier.studio.perform import expire, perform


async def work_until(
    studio: Studio,
    stop: asyncio.Event,
    *,
    queues: Sequence[str] = (),
    concurrency: int = 2,
    grace: float = GRACE,
) -> None:
    """Perform the studio's jobs until `stop` is set; `queues` are engines' ids, all that can work here by default."""
    stops = Stops(studio.worker_db)
    postman = Postman(studio.worker_db, studio.carrier, studio.doors.keys, studio.origin)
    answerer = Answerer(studio.worker_db, studio.doors.writer)
    exporter = Exporter(studio.worker_db, studio.assets.store, studio.doors.writer)
    eraser = Eraser(studio.worker_db, studio.assets.store, partial(derive, studio.secret))
    tasks = [*notify_jobs.tasks(postman), *people_jobs.tasks(answerer), *leaving_jobs.tasks(exporter, eraser)]
    rounds = [*notify_jobs.rounds(postman), *people_jobs.rounds(answerer), *leaving_jobs.rounds(exporter)]
    queue = open_queue(studio.queue_url, studio.signals, lambda taken: perform(studio, stops, taken), tasks=tasks)
    sweeping = asyncio.create_task(sweep_until(studio.worker_db, studio.assets.store, stop), name="sweep")
    try:
        await work(
            queue,
            studio.worker_db,
            studio.signals,
            stops,
            lambda job, member, state: expire(studio.worker_db, job, member, state),
            queues=queues or studio.engines.able,
            concurrency=concurrency,
            stop=stop,
            rounds=rounds,
            grace=grace,
        )
    finally:
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping
