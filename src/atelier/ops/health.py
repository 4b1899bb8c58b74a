"""Health: whether this process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting, Database
from atelier.base.errors import Unavailable
from atelier.base.outages import DatabaseReadOnly, outage
from atelier.catalog.standings import worst
from atelier.limits.limit import GENERAL
from atelier.media.programs import lacking as lacking_program
from atelier.media.refusals import FFmpegMissing
from atelier.spine.request import OpenStudio
from atelier.web.access import Access
from atelier.web.routes import Routes

routes = Routes(prefix="/health", tags=["health"])


class Live(BaseModel):
    """This process answers."""

    status: str = "live"


class Ready(BaseModel):
    """What this process needs, and whether it is there; `degraded` works on, with less."""

    status: str
    database: bool  # whether it can be read and written
    trouble: str  # why not, as an error's code
    storage: str  # whether files can be kept, as an error's code
    signals: bool
    limits: str
    catalog: str
    engines: str  # `degraded` or `failed` where a model that runs here is
    recordings: str  # whether sound and films can be brought, as an error's code


@routes.get("/live", access=Access.PUBLIC, anonymous=True, limit=GENERAL, response_model=Live)
async def live() -> Live:
    """Whether the process lives."""
    return Live()


@routes.get("/ready", access=Access.PUBLIC, anonymous=True, limit=GENERAL, response_model=Ready)
async def ready(studio: OpenStudio, response: Response) -> Ready:
    """Whether the process can do its work, with a try to write: 503 while it cannot."""
    trouble = await _database_trouble(studio.web_db)
    lacking = await studio.assets.store.trouble()
    database, storage = trouble == "ok", lacking.code if lacking is not None else "ok"
    if not database or lacking is not None:
        response.status_code = 503
        response.headers["Retry-After"] = str(Unavailable.retry_after)
    limits = "degraded" if studio.limiter.degraded else "ok"
    catalog = "refused" if studio.catalog.fault else "ok"
    engines = await _engines(studio.web_db) if database else "unknown"
    signals = studio.signals.connected.is_set()
    fine = database and signals and storage == limits == catalog == "ok"
    status = "ready" if fine else "degraded" if database and storage == "ok" else "down"
    return Ready(
        status=status,
        database=database,
        trouble=trouble,
        storage=storage,
        signals=signals,
        limits=limits,
        catalog=catalog,
        engines=engines,
        recordings=FFmpegMissing.code if lacking_program() else "ok",
    )


async def _engines(database: Database) -> str:
    try:
        async with database.transaction(Acting.nobody()) as db:
            return await worst(db)
    except SQLAlchemyError:
        return "unknown"


# Sorting more than fits into the least memory writes a small temporary file on the database's disk: that fails on a
# disk that is full or read-only, and leaves nothing behind.
_WRITES = text(
    """SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery(),
              (SELECT count(*) FROM (SELECT md5(i::text) AS m FROM generate_series(1, 3000) i ORDER BY m OFFSET 1) s)"""
)


async def _database_trouble(database: Database) -> str:
    """Why the database cannot be written to, as an error's code; `ok` if it can."""
    try:
        async with database.transaction(Acting.nobody()) as db:
            await db.execute(text("SET LOCAL work_mem = '64kB'"))
            await db.execute(text("SELECT 1 FROM jobs LIMIT 0"))
            read_only = (await db.execute(_WRITES)).one()[0]
    except (SQLAlchemyError, OSError) as error:
        found = outage(error)
        return found.code if found is not None else "database_unavailable"
    return DatabaseReadOnly.code if read_only else "ok"
