"""Where providers say that a prediction has ended. Nobody signs in here: the message's own signature is its proof."""

from __future__ import annotations

import asyncio
import json
import re

from fastapi import Request, Response

from atelier.base.clock import now
from atelier.base.db import Acting
from atelier.base.errors import BadRequest, NotFound, Unavailable
from atelier.base.webhooks import key_of, verify
from atelier.catalog.calls import SOURCE
from atelier.catalog.console import TheCatalog
from atelier.engines import Unfit
from atelier.engines.webhooks import said
from atelier.jobs.inbox import accept
from atelier.limits.limit import WEBHOOKS
from atelier.web.access import Access
from atelier.web.parts import Here
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
LARGEST = 4 * 1024 * 1024  # bytes of a message: it repeats the prediction's input, with small pictures in it
_PREDICTION = re.compile(r"[A-Za-z0-9_-]{1,100}")


@routes.post(
    "/hooks/providers/{engine_id}", access=Access.SIGNATURE, limit=WEBHOOKS, status_code=204, max_body_size=LARGEST
)
async def provider_calls(request: Request, here: Here, catalog: TheCatalog, engine_id: str) -> Response:
    """Take a provider's word that a prediction has ended. Which one is all that is kept of the message."""
    entry = next((each for each in catalog.current.engines if each.id == engine_id), None)
    if entry is None or entry.webhook_secret is None:
        raise NotFound("provider", "No provider is expected to call here.")
    try:
        key = key_of(await asyncio.to_thread(entry.read_webhook_secret))
    except (Unfit, ValueError):
        raise Unavailable("The secret that this message is checked with cannot be read just now.") from None
    body = await request.body()
    event_id = verify(key, request.headers, body, now())
    try:
        prediction = json.loads(body)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        prediction = None
    if not isinstance(prediction, str) or not _PREDICTION.fullmatch(prediction):
        raise BadRequest("This message names no prediction.")
    async with here.web_db.transaction(Acting.nobody()) as db:
        await accept(db, SOURCE, said(engine_id, event_id), said(engine_id, prediction).encode())
    return Response(status_code=204)
