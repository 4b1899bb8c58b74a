"""The welcome page, and the studio of one tool: what to make, at what price, beside what was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets import Asset
from atelier.assets.library import Wanted
from atelier.assets.library import find as find_assets
from atelier.base.db import Acting
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import parse_id
from atelier.base.kinds import MODEL
from atelier.catalog import Model, UnknownModel, switched_off
from atelier.jobs import find, listing
from atelier.limits.limit import PAGES
from atelier.making.limits import BY_PATH
from atelier.making.reference import reference
from atelier.making.run_pages import run_card
from atelier.making.views import runs
from atelier.people.account_settings import Mode
from atelier.people.promise import promise
from atelier.people.request import Accounts
from atelier.spine.begin import JobRequest, begin
from atelier.spine.quote import estimate
from atelier.spine.request import OpenStudio
from atelier.spine.studio import Studio
from atelier.tools import InvalidInput, Tool
from atelier.tools import find as find_tool
from atelier.tools.image_retouch import ImageRetouch
from atelier.web import once
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import form_fields, form_values, written
from atelier.web.parts import Db, Here, MaybeMe, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
ADAPTERS = 100  # personal models to choose from
WALL = 8  # runs on the image studio's wall


@routes.get("/", access=Access.PUBLIC, limit=PAGES)
async def welcome(request: Request, here: Here, accounts: Accounts, me: MaybeMe, studio: OpenStudio) -> Response:
    """The welcome page for visitors; members go on to the image studio."""
    if me is not None:
        return RedirectResponse("/make/image.generate", status_code=303)
    painter = next(iter(studio.catalog.current.ready("image.generate")), None)
    return here.templates.page(
        request,
        "making/welcome.html",
        promise=await promise(request, here, accounts),
        opens=accounts.mode is not Mode.CLOSED,
        painter=painter,
        price=painter.terms({"pictures": 1}).held if painter else 0,
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form has in it when it opens: the values of its fields, and the model."""

    values: dict[str, Any]
    model: str


async def _filled(
    db: Db,
    source: Annotated[str | None, Query(alias="from")] = None,
    run: str | None = None,
    vary: bool = False,
    prompt: str = "",
    image: str = "",
    adapter: str = "",
    model: str = "",
) -> Filled:
    """From an asset, from a run, or from the address itself; with `vary` its seed is a new one."""
    values: dict[str, Any] = {
        name: value for name, value in (("prompt", prompt), ("image", image), ("adapter", adapter)) if value
    }
    if source is not None:
        values = await _settings_of(db, parse_id(source, "picture"))
    elif run is not None:
        values = dict((await find(db, parse_id(run, "run"))).input)
    if vary:
        values.pop("seed", None)
    return Filled(values, model)


@routes.get("/make/{tool_id}", access=Access.MEMBER, limit=PAGES)
async def make_page(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    studio: OpenStudio,
    tool_id: str,
    filled: Annotated[Filled, Depends(_filled)],
) -> Response:
    """The studio of one tool: what to make, beside what was made. Retouching has the editor instead."""
    if tool_id == ImageRetouch.id:
        picture = filled.values.get("image")
        return RedirectResponse(f"/edit/{parse_id(str(picture), 'picture')}" if picture else "/library", 303)
    return await _make(request, here, me, db, studio, tool_id, values=filled.values, model_id=filled.model)


async def _settings_of(db: AsyncSession, asset_id: UUID) -> dict[str, Any]:
    asset = (await db.execute(select(Asset).where(Asset.id == asset_id))).scalar_one_or_none()
    if asset is None:
        raise NotFound("picture")
    return dict(asset.settings.get("input", {}))


async def _make(
    request: Request,
    here: Here,
    me: Caller,
    db: AsyncSession,
    studio: Studio,
    tool_id: str,
    *,
    values: Mapping[str, Any],
    model_id: str | None = None,
    errors: Mapping[str, str] | None = None,
    message: str | None = None,
    status: int = 200,
) -> Response:
    tool = find_tool(tool_id)
    off = await switched_off(db)
    catalog = studio.catalog.current
    offered = [model for model in catalog.ready(tool_id) if model.id not in off]
    chosen = next((model for model in offered if model.id == model_id), offered[0] if offered else None)
    fields = form_fields(tool.Input, values={**(chosen.defaults if chosen else {}), **values}, errors=errors or {})
    can_wear = any("adapter" in catalog.extras(model) for model in offered)
    own = (await find_assets(db, Wanted(kind=MODEL), limit=ADAPTERS)).items if can_wear else []
    works_on = next((field.value for field in fields if field.widget == "picture"), None)
    page = await listing(db, member_id=me.member_id, limit=WALL, tool=tool_id)
    return here.templates.page(
        request,
        "making/make.html",
        status=status,
        tool=tool,
        fields=fields,
        models=offered,
        model=chosen,
        kinds={model.id: kind for model in offered if (kind := studio.engines.kind(model.engine)) is not None},
        each={model.id: model.terms({tool.units[0]: 1}).held for model in offered},
        estimate=estimate(tool, chosen, values) if chosen else None,
        starts={model.id: _starts(tool, model, offered) for model in offered},
        lacking=[(model, catalog.lacks[model.id]) for model in catalog.of(tool_id) if model.id in catalog.lacks],
        reference=await reference(db, studio.assets, works_on) if works_on is not None else None,
        runs=await runs(db, page.items, studio.assets, studio.catalog),
        adapters=[(str(asset.id), asset.title) for asset in own],
        more=page.next is not None,
        balance=getattr(request.state, "balance", None) or await ledger.balance(db, member_id=me.member_id),
        errors=errors or {},
        message=message,
    )


@routes.post("/make/{tool_id}/price", access=Access.MEMBER, limit=PAGES)
async def price(tool_id: str, request: Request, here: Here, me: Me, studio: OpenStudio) -> Response:
    """The button of a form as it is filled in so far, with its price; nothing is begun.

    It takes a connection only once the form is there, which may come slowly.
    """
    typed = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    model_id, tool = typed.pop("model", None), find_tool(tool_id)
    typed.pop(once.FIELD, None)
    model = studio.catalog.current.find(model_id) if model_id else studio.catalog.current.default(tool_id)
    if model.tool != tool_id:
        raise UnknownModel(f"The model {model.name} makes something else.")
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        balance = await ledger.balance(db, member_id=me.member_id)
    filled = form_values(tool.Input, typed)
    return here.templates.page(request, "making/_go.html", estimate=estimate(tool, model, filled), balance=balance)


def _starts(tool: Tool, model: Model, among: Sequence[Model]) -> dict[str, str]:
    """The values that a model begins with, as text, in the fields for which one of the models has its own default."""
    names = {name for one in among for name in one.defaults}
    found = {name: model.defaults.get(name, tool.Input.model_fields[name].default) for name in sorted(names)}
    return {name: written(value) for name, value in found.items()}  # a script would round a long number


@routes.post("/make/{tool_id}", access=Access.MEMBER, limit=BY_PATH)
async def make(
    tool_id: str,
    request: Request,
    here: Here,
    me: Me,
    studio: OpenStudio,
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """Begin a run. What is wrong comes back beside its field, with all that was typed; nothing is charged then.

    It takes a connection only once the form is there, and one at a time: a form may come slowly.
    """
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    model_id, key = typed.pop("model", None), typed.pop(once.FIELD, None)
    tool = find_tool(tool_id)
    try:
        asked = form_values(tool.Input, typed)
        wanted = JobRequest(
            tool_id, asked, model_id or None, source="page", key=once.job_key(key, [tool_id, model_id, asked])
        )
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            job_id = await begin(db, studio, me.member_id, wanted)
    except AtelierError as error:
        if error.status >= 500:
            raise
        faults = error.faults if isinstance(error, InvalidInput) else {error.field or "": error.message}
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await _make(
                request,
                here,
                me,
                db,
                studio,
                tool_id,
                values=typed,
                model_id=model_id,
                errors=faults,
                message=error.message,
                status=error.status,
            )
    if hx_request:
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await run_card(request, here, me, db, studio, await find(db, job_id), status=201)
    return RedirectResponse(f"/make/{tool_id}#run-{job_id}", status_code=303)
