"""The peer's worker: a Celery task that marks its job as succeeded."""

from __future__ import annotations

import os
import time
from uuid import UUID

from celery import Celery
from sqlalchemy import create_engine, func, update

from bench.classic.tables import DATABASE_URL, Job

app = Celery("classic", broker=os.environ.get("CLASSIC_REDIS_URL", ""))
app.conf.broker_connection_retry_on_startup = True
# the defaults acknowledge a task before it runs; this is the setting that the guides give against losing it
app.conf.task_acks_late = app.conf.task_reject_on_worker_lost = os.environ.get("CLASSIC_LATE_ACKS") == "1"
engine = create_engine(DATABASE_URL.replace("postgresql://", "postgresql+psycopg://"))


@app.task  # type: ignore[untyped-decorator]
def make(job_id: str, seconds: float) -> None:
    if seconds:
        with engine.begin() as db:
            db.execute(update(Job).where(Job.id == UUID(job_id)).values(runs=Job.runs + 1))
        time.sleep(seconds)
    with engine.begin() as db:
        done = update(Job).where(Job.id == UUID(job_id))
        db.execute(done.values(state="succeeded", finished_at=func.now()))
