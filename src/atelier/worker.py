"""The worker process of a studio: its queue, its engines and the spine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from atelier.jobs import inbox
from atelier.jobs.background import Round, requeue
from atelier.jobs.queue import open_queue
from atelier.jobs.readers import check_readers
from atelier.jobs.worker import GRACE, Lane, Stops, work
from atelier.rooms import ROOMS
from atelier.spine.finish import expire
from atelier.spine.perform import perform
from atelier.spine.studio import Studio
from atelier.web.room import Room, listening

REQUEUE_EVERY = 60.0  # seconds between two looks for rows whose entry in the queue was lost


async def work_until(
    studio: Studio,
    stop: asyncio.Event,
    *,
    queues: Sequence[str] = (),
    concurrency: int = 2,
    grace: float = GRACE,
    rooms: Sequence[Room] = ROOMS,
) -> None:
    """Perform the studio's jobs until `stop` is set; `queues` are engines' ids, all that can work here by default.

    `concurrency` is for light work on the processor. An engine that the catalog names later is served from then on.
    """

    def lanes() -> list[Lane]:
        return [Lane(*lane) for lane in studio.engines.lanes(queues or studio.engines.able, concurrency)]

    stops = Stops(studio.worker_db)
    tasks = [task for room in rooms for task in room.tasks(studio)]
    tasks.append(inbox.task([each for room in rooms for each in room.senders(studio)], studio.worker_db))
    rounds = [each for room in rooms for each in room.rounds(studio)]
    rounds.append(Round("tasks:requeue", REQUEUE_EVERY, partial(requeue, tasks, studio.worker_db)))
    readers = [each for room in rooms for each in room.readers(studio)]
    check_readers(readers)
    queue = open_queue(studio.queue_url, studio.signals, lambda taken: perform(studio, stops, taken), tasks=tasks)
    with listening(rooms, studio):
        async with studio.catalog.watched():
            await work(
                queue,
                studio.worker_db,
                studio.signals,
                stops,
                lambda job, member, state: expire(studio.worker_db, job, member, state),
                lanes=lanes,
                stop=stop,
                rounds=rounds,
                readers=readers,
                grace=grace,
            )
