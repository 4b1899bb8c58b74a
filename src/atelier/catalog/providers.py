"""The operator's pages of providers: add one, test it, and put its models on offer.

Providers are asked while no transaction is open. What is accepted is written into the catalog file, like everything
that an operator writes there by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.catalog.adding import PATIENCE, NewModel, NewProvider, Wrong, add, model_of, provider_kinds
from atelier.catalog.catalog import Catalog
from atelier.catalog.console import TheCatalog
from atelier.catalog.earned import DAYS, earned, open_runs
from atelier.catalog.model import Model
from atelier.catalog.writing import CatalogNotWritable, DoesNotFit, append, remove
from atelier.engines import Discovers, EngineError, Engines, Offer
from atelier.engines.kind import EngineEntry
from atelier.limits.limit import GENERAL, PAGES
from atelier.web.access import Access
from atelier.web.parts import Here, Me, Parts, promptly
from atelier.web.routes import Routes

routes = Routes(prefix="/console/providers", include_in_schema=False)


def _engines(request: Request) -> Engines:
    found: Engines = request.app.state.engines
    return found


TheEngines = Annotated[Engines, Depends(promptly(_engines))]


@dataclass(frozen=True, slots=True)
class Look:
    """What a provider said when it was asked: a sentence, its models, or why not."""

    greeting: str = ""
    offers: Sequence[Offer] = ()
    trouble: str = ""

    def vanished(self, model: Model) -> bool:
        """Whether the provider no longer lists a model, where it lists any."""
        return bool(self.offers) and model.provider_model not in {each.provider_model for each in self.offers}


@routes.get("", access=Access.OPERATOR, limit=PAGES)
async def providers_page(request: Request, here: Here, catalog: TheCatalog) -> Response:
    """The providers of the catalog, and the form for another."""
    return _listing(request, here, catalog, NewProvider(kind="replicate"), {})


@routes.post("", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def add_provider(
    request: Request, here: Here, me: Me, catalog: TheCatalog, engines: TheEngines, form: Annotated[NewProvider, Form()]
) -> Response:
    """Test a provider, and write it into the catalog if it answers. A key is kept in a file beside the catalog."""
    wanted = form.model_copy(update={name: value.strip() for name, value in form.model_dump().items()})
    try:
        await add(catalog, engines, wanted)
    except Wrong as wrong:
        return _listing(request, here, catalog, wanted, {wrong.field or "": wrong.message}, status=422)
    await _record(here, me.member_id, "provider:added", provider=wanted.id, provider_kind=wanted.kind)
    return RedirectResponse(f"/console/providers/{wanted.id}", 303)


@routes.get("/{provider_id}", access=Access.OPERATOR, limit=PAGES)
async def provider_page(
    request: Request, here: Here, catalog: TheCatalog, engines: TheEngines, provider_id: str, named: str = ""
) -> Response:
    """One provider, as it answers just now: its models that are on offer, and those that could be."""
    entry = _entry(engines, provider_id)
    look = await _look(engines, provider_id, named.strip()[:200])
    return await _one(request, here, catalog, entry, look, named, None, {})


@routes.post("/{provider_id}/models", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def add_model(
    request: Request,
    here: Here,
    me: Me,
    catalog: TheCatalog,
    engines: TheEngines,
    provider_id: str,
    form: Annotated[NewModel, Form()],
) -> Response:
    """Put a provider's model on offer, at a price and under a licence."""
    entry = _entry(engines, provider_id)
    try:
        model = model_of(catalog, provider_id, form)
        await asyncio.to_thread(append, catalog.path, "model", model, engines.ready)
    except (Wrong, DoesNotFit, CatalogNotWritable) as wrong:
        named = form.provider_model
        look = await _look(engines, provider_id, named)
        return await _one(
            request, here, catalog, entry, look, named, form, {wrong.field or "": wrong.message}, status=422
        )
    await asyncio.to_thread(catalog.look)
    await _record(here, me.member_id, "provider:model_added", provider=provider_id, model=model["id"])
    return RedirectResponse(f"/console/providers/{provider_id}", 303)


@routes.post("/{provider_id}/removal", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def remove_provider(
    request: Request, here: Here, me: Me, catalog: TheCatalog, engines: TheEngines, provider_id: str
) -> Response:
    """Take a provider and its models out of the catalog, once none of its runs waits or is being made."""
    entry = _entry(engines, provider_id)
    async with here.operator_db.transaction(Acting.for_studio()) as db:
        waiting = await open_runs(db, entry.id)
    try:
        if waiting:
            raise Wrong(
                f"{waiting} of its runs wait or are being made. Take its models off offer first, and wait for them."
            )
        await asyncio.to_thread(remove, catalog.path, entry.id, engines.ready)
    except (Wrong, DoesNotFit, CatalogNotWritable) as wrong:
        look = await _look(engines, provider_id, "")
        return await _one(request, here, catalog, entry, look, "", None, {"": wrong.message}, status=409)
    await asyncio.to_thread(catalog.look)
    await _record(here, me.member_id, "provider:removed", provider=entry.id)
    return RedirectResponse("/console/providers", 303)


async def _look(engines: Engines, provider_id: str, named: str) -> Look:
    greeting = ""
    try:
        engine = engines.get(provider_id)
        if not isinstance(engine, Discovers):
            return Look()
        async with asyncio.timeout(PATIENCE):
            greeting = await engine.greet()
            return Look(greeting, await engine.offers(named))
    except EngineError as error:
        return Look(greeting, trouble=error.message)
    except TimeoutError:
        return Look(greeting, trouble=f"It did not answer within {PATIENCE:g} seconds.")


def _entry(engines: Engines, provider_id: str) -> EngineEntry:
    entry = engines.entry(provider_id)
    if entry is None or entry.kind not in provider_kinds():
        raise NotFound("provider", f"No provider is called {provider_id[:80]!r}.")
    return entry


async def _record(here: Parts, by: UUID, kind: str, **facts: Any) -> None:
    async with here.operator_db.transaction(Acting.for_studio(by)) as db:
        await events.record(db, kind, member=by, **facts)


def _listing(
    request: Request,
    here: Parts,
    catalog: Catalog,
    form: NewProvider,
    faults: Mapping[str, str],
    status: int = 200,
) -> Response:
    models = catalog.current.models
    return here.templates.page(
        request,
        "catalog/providers.html",
        status=status,
        providers=[each for each in catalog.current.engines if each.kind in provider_kinds()],
        kinds=provider_kinds(),
        choices=[(each.id, each.provider) for each in provider_kinds().values()],
        counts={each.id: sum(model.engine == each.id for model in models) for each in catalog.current.engines},
        form=form,
        faults=faults,
    )


async def _one(
    request: Request,
    here: Parts,
    catalog: Catalog,
    entry: EngineEntry,
    look: Look,
    named: str,
    form: NewModel | None,
    faults: Mapping[str, str],
    status: int = 200,
) -> Response:
    models = [model for model in catalog.current.models if model.engine == entry.id]
    async with here.operator_db.transaction(Acting.for_studio()) as db:
        runs = await earned(db, entry.id)
    taken = {(model.provider_model, model.tool) for model in models}
    return here.templates.page(
        request,
        "catalog/provider.html",
        status=status,
        entry=entry,
        kind=provider_kinds()[entry.kind],
        look=look,
        models=models,
        vanished={model.id for model in models if not named and look.vanished(model)},
        listed=[each for each in look.offers if (each.provider_model, each.tool) not in taken],
        earned=runs,
        days=DAYS,
        named=named,
        form=form,
        faults=faults,
    )
