"""The operator's page of weights: which models are known, which are here, and how far a fetch is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.errors import NotFound
from atelier.catalog.fetches import WEIGHTS, WeightFetch, ask, cancel, latest, manifests
from atelier.catalog.model import forbids_selling
from atelier.engines.weights.manifest import BadManifest, Manifest
from atelier.engines.weights.whole import SUMS
from atelier.limits.limit import GENERAL, PAGES
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me, promptly
from atelier.web.routes import Routes


def _home(request: Request) -> Path:
    found: Path = request.app.state.studio.home
    return found


Home = Annotated[Path, Depends(promptly(_home))]
routes = Routes(prefix="/console/weights", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the page."""

    manifest: Manifest
    here: bool
    fetch: WeightFetch | None
    sellable: bool


@routes.get("", access=Access.OPERATOR, limit=PAGES)
async def weights_page(request: Request, here: Here, db: Db, home: Home) -> Response:
    """The weights that are known, those of this host, and the fetches under way."""
    fetches = await latest(db)
    fault, lines = "", list[Line]()
    try:
        lines = [
            Line(manifest, there, fetches.get(manifest.name), not forbids_selling(manifest.licence))
            for manifest, there in await asyncio.to_thread(_known, home)
        ]
    except BadManifest as error:
        fault = error.message
    return here.templates.page(
        request,
        "catalog/weights.html",
        lines=lines,
        fault=fault,
        open=any(line.fetch is not None and line.fetch.open for line in lines),
        folder=home,
    )


@routes.post("/{weights}/fetch", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def fetch_weights(me: Me, db: Db, home: Home, weights: str) -> Response:
    """Have a worker fetch a model's weights."""
    found = (await asyncio.to_thread(manifests, home)).get(weights)
    if found is None:
        raise NotFound("model", f"No weights are called {weights[:80]!r}.")
    await ask(db, found, by=me.member_id)
    return RedirectResponse("/console/weights", 303)


@routes.post("/{weights}/cancellation", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def cancel_fetch(me: Me, db: Db, weights: str) -> Response:
    """Stop a fetch; what has come stays for the next."""
    await cancel(db, weights, by=me.member_id)
    return RedirectResponse("/console/weights", 303)


def _known(home: Path) -> Sequence[tuple[Manifest, bool]]:
    return [(each, (home / WEIGHTS / each.name / SUMS).is_file()) for each in manifests(home).values()]
