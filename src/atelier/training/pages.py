"""The page of personal models: choose photos, name the subject, agree, and begin. All of it works without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets import Asset
from atelier.assets.library import Wanted
from atelier.assets.library import find as find_assets
from atelier.assets.tiles import tile, tiles
from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.base.ids import parse_id
from atelier.base.kinds import IMAGE, MODEL
from atelier.catalog import switched_off
from atelier.limits.limit import GENERATION, PAGES
from atelier.spine.begin import JobRequest, begin
from atelier.spine.quote import estimate
from atelier.spine.request import OpenStudio
from atelier.spine.studio import Studio
from atelier.tools import find
from atelier.tools.model_train import CONSENT, CONSENTS, FEWEST, MOST, ModelTrain
from atelier.tools.tool import InvalidInput
from atelier.training.rules import checked
from atelier.web import once
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
SHOWN = 96  # photos to choose from
PRICED = (5, 10, 15)  # photos from which a training takes other steps
Photos = Annotated[list[str], Form(default_factory=list)]


@routes.get("/train", access=Access.MEMBER, limit=PAGES)
async def train_page(request: Request, here: Here, me: Me, studio: OpenStudio) -> Response:
    """The photos to choose from, the form, and the personal models there are."""
    return await _page(request, here, me, studio)


@routes.post("/train", access=Access.MEMBER, limit=GENERATION)
async def train(
    request: Request,
    here: Here,
    me: Me,
    studio: OpenStudio,
    photos: Photos,
    trigger: FormText = "",
    subject: FormText = "person",
    agreed: FormText = "",
) -> Response:
    """Begin a training. What is wrong comes back beside its field, with all that was chosen; nothing is charged."""
    form = await request.form()
    model, steps = (str(form.get(name) or "") for name in ("model", "steps"))
    asked: dict[str, Any] = {"photos": photos, "trigger": trigger.strip().lower(), "subject": subject}
    asked |= {"consent": CONSENT} if agreed else {}
    asked |= {"steps": steps} if steps else {}
    key = once.job_key(str(form.get(once.FIELD) or ""), [ModelTrain.id, model, asked])
    wanted = JobRequest(ModelTrain.id, asked, model or None, source="page", key=key)
    try:
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            if faults := await _faults(db, photos):
                raise InvalidInput({"photos": next(iter(faults.values()))})
            job_id = await begin(db, studio, me.member_id, wanted)
    except AtelierError as error:
        if error.status >= 500:
            raise
        found = error.faults if isinstance(error, InvalidInput) else {error.field or "": error.message}
        typed = {**asked, "agreed": agreed, "model": model, "steps": steps}
        return await _page(request, here, me, studio, typed=typed, errors=found, status=error.status)
    return RedirectResponse(f"/jobs/{job_id}", 303)


async def _faults(db: AsyncSession, photos: Sequence[str]) -> Mapping[UUID, str]:
    """What is wrong with the chosen photos, by their ids; those that are not there are for `begin` to name."""
    ids = [parse_id(id, "picture") for id in photos[: MOST + 1]]
    there = select(Asset).where(Asset.id.in_(ids), Asset.deleted_at.is_(None), Asset.kind == IMAGE.id)
    found = {asset.id: asset for asset in (await db.execute(there)).scalars()}
    return {each.asset.id: each.fault for each in checked([found[id] for id in ids if id in found]) if each.fault}


async def _page(
    request: Request,
    here: Parts,
    me: Caller,
    studio: Studio,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    typed = typed or {"trigger": "", "subject": "person", "photos": request.query_params.getlist("photos")}
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        off = await switched_off(db)
        newest = (await find_assets(db, Wanted(kind=IMAGE), limit=SHOWN)).items
        own = (await find_assets(db, Wanted(kind=MODEL), limit=SHOWN)).items
    offered = [model for model in studio.catalog.current.ready(ModelTrain.id) if model.id not in off]
    chosen = next((model for model in offered if model.id == typed.get("model")), offered[0] if offered else None)
    tool = find(ModelTrain.id)
    examples = {"trigger": "x", "consent": CONSENT}
    prices = [
        (count, estimate(tool, chosen, {**examples, "photos": [str(UUID(int=n)) for n in range(count)]}).price)
        for count in PRICED
        if chosen is not None
    ]
    faults = {each.asset.id: each.fault for each in checked(newest) if each.fault}
    return here.templates.page(
        request,
        "training/train.html",
        status=status,
        photos=tiles(newest, studio.assets),
        faults=faults,
        picked=set(map(str, typed.get("photos", ()))),
        own=[(tile(asset, studio.assets), asset) for asset in own],
        models=offered,
        model=chosen,
        prices=prices,
        consent=CONSENTS[CONSENT],
        fewest=FEWEST,
        most=MOST,
        typed=typed,
        errors=errors or {},
    )
