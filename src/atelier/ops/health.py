"""Health: whether this process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting
from atelier.limits.limit import GENERAL
from atelier.studio.request import Whole
from atelier.web.access import Access
from atelier.web.routes import Routes

routes = Routes(prefix="/health", tags=["health"])


class Live(BaseModel):
    """This process answers."""

    status: str = "live"


class Ready(BaseModel):
    """What this process needs, and whether it is there; `degraded` works on, with less."""

    status: str
    database: bool
    signals: bool
    limits: str
    catalog: str


@routes.get("/live", access=Access.PUBLIC, limit=GENERAL, response_model=Live)
async def live() -> Live:
    """Whether the process lives."""
    return Live()


@routes.get("/ready", access=Access.PUBLIC, limit=GENERAL, response_model=Ready)
async def ready(whole: Whole, response: Response) -> Ready:
    """Whether the process can do its work: 503 while it cannot."""
    try:
        async with whole.web_db.transaction(Acting.nobody()) as db:
            await db.execute(text("SELECT 1 FROM jobs LIMIT 0"))
        database = True
    except (SQLAlchemyError, OSError):
        database = False
        response.status_code = 503
    limits = "degraded" if whole.limiter.degraded else "ok"
    catalog = "refused" if whole.catalog.fault else "ok"
    signals = whole.signals.connected.is_set()
    fine = database and signals and limits == catalog == "ok"
    status = "ready" if fine else "degraded" if database else "down"
    return Ready(status=status, database=database, signals=signals, limits=limits, catalog=catalog)
