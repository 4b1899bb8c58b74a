"""The console's pages. Reading and writing go through the operator's own database role."""

from __future__ import annotations

from fastapi import Request, Response

from atelier.limits.limit import PAGES
from atelier.ops.console.overview import disk, hours, overview
from atelier.spine import queue
from atelier.spine.request import OpenStudio
from atelier.web.access import Access
from atelier.web.parts import Db, Here
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)


@routes.get("", access=Access.SUPPORT, limit=PAGES)
async def overview_page(request: Request, here: Here, db: Db, studio: OpenStudio) -> Response:
    """How the studio is doing."""
    return here.templates.page(
        request,
        "console/overview.html",
        figures=await overview(db),
        hours=await hours(db),
        disk=await disk(db, studio.home),
        workers=await queue.workers(db),
        queues=await queue.queues(db, studio.engines.ids),
        limits_degraded=studio.limiter.degraded,
        catalog_fault=studio.catalog.fault,
    )
