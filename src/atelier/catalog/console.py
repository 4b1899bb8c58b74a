"""The operator's page of the models on offer, where each is switched on or off."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from atelier.catalog.catalog import Catalog
from atelier.catalog.standings import standings
from atelier.catalog.switches import switch, switched_off
from atelier.limits.limit import GENERAL, PAGES
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, promptly
from atelier.web.routes import Routes

routes = Routes(prefix="/console/models", include_in_schema=False)


def _catalog(request: Request) -> Catalog:
    found: Catalog = request.app.state.catalog
    return found


TheCatalog = Annotated[Catalog, Depends(promptly(_catalog))]


@routes.get("", access=Access.SUPPORT, limit=PAGES)
async def models_page(request: Request, here: Here, db: Db, catalog: TheCatalog) -> Response:
    """The models of the catalog, on or off."""
    return here.templates.page(
        request,
        "catalog/models.html",
        models=catalog.current.models,
        lacks=catalog.current.lacks,
        off=await switched_off(db),
        standings=await standings(db),
        file=catalog.path,
        fault=catalog.fault,
    )


@routes.post("/{model_id}/switch", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def switch_model(me: Me, db: Db, catalog: TheCatalog, model_id: str, on: FormText = "") -> Response:
    """Put a model on offer or take it off; runs that were begun go on."""
    model = catalog.current.find(model_id)
    await switch(db, model.id, on=on == "yes", by=me.member_id)
    return RedirectResponse("/console/models", 303)
