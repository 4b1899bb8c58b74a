"""What an operator fills in about a provider and its models: judged, tested, and written into the catalog file."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from atelier.base.errors import AtelierError, BadRequest
from atelier.catalog.catalog import Catalog
from atelier.catalog.writing import append, forget_key, keep_key
from atelier.engines import Discovers, EngineError, Engines
from atelier.engines.kind import EngineEntry, EngineKind, kinds
from atelier.engines.webhooks import secret_of
from atelier.tools.terms import parse_rate

PATIENCE = 20.0  # seconds for a provider to answer a page
DEADLINE = 600  # seconds without progress for a model that may have to be started first


class NewProvider(BaseModel):
    """The form that adds a provider."""

    kind: str = ""
    id: str = ""
    url: str = ""
    key: str = ""


class NewModel(BaseModel):
    """The form that puts a provider's model on offer. `price` and `cost` are for one picture."""

    provider_model: str = ""
    tool: str = ""
    name: str = ""
    licence: str = ""
    summary: str = ""
    price: str = ""
    cost: str = ""


def provider_kinds() -> dict[str, EngineKind]:
    """The kinds of engine that an operator can add as a provider."""
    return {name: kind for name, kind in kinds().items() if kind.provider}


class Wrong(BadRequest):
    """A field of one of these forms that cannot be used."""

    code = "invalid_input"


async def add(catalog: Catalog, engines: Engines, wanted: NewProvider) -> None:
    """Test a provider and write it into the catalog, its key into a file; raises `Wrong` and keeps nothing then."""
    if wanted.kind not in provider_kinds():
        raise Wrong("Choose what kind of provider it is.", field="kind")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,62}", wanted.id):
        raise Wrong("Use small letters, digits, dots and hyphens for the name, as my-provider.", field="id")
    if wanted.id in engines.ids:
        raise Wrong(f"An engine is called {wanted.id} already. Choose another name.", field="id")
    kind = provider_kinds()[wanted.kind]
    if not wanted.url and not kind.usual_url:
        raise Wrong("Say the address at which it answers, as http://10.0.0.5:5000.", field="url")
    if not wanted.key and kind.needs_key:
        raise Wrong("This kind of provider needs a key.", field="key")
    values: dict[str, Any] = {"id": wanted.id, "kind": wanted.kind, "url": wanted.url}
    if wanted.key:
        values["key"] = await asyncio.to_thread(keep_key, catalog.path, wanted.id, wanted.key)
    try:
        entry = EngineEntry.model_validate({name: value for name, value in values.items() if value})
        secret = await _tested(kind, entry, engines)
        if secret:
            values["webhook_secret"] = await asyncio.to_thread(keep_key, catalog.path, wanted.id, secret, "webhook")
        await asyncio.to_thread(append, catalog.path, "engine", values, engines.ready)
    except BaseException as error:
        for kept in ("key", "webhook_secret"):
            if kept in values:
                await asyncio.to_thread(forget_key, catalog.path, values[kept])
        if isinstance(error, ValidationError):
            raise Wrong("This is no address: write it as https://api.example.com/v1.", field="url") from error
        if isinstance(error, AtelierError) and not isinstance(error, Wrong):
            raise Wrong(error.message) from error
        raise
    await asyncio.to_thread(catalog.look)


async def _tested(kind: EngineKind, entry: EngineEntry, engines: Engines) -> str:
    """Ask a provider that is not yet in the catalog; raises `Wrong` where it does not answer as it should.

    Returns the secret that it signs webhooks with; empty where it has none, or cannot call this studio.
    """
    engine = kind.open(entry, engines.machine)
    try:
        assert isinstance(engine, Discovers), f"the kind {kind.id} cannot be tested"
        async with asyncio.timeout(PATIENCE):
            await engine.greet()
            return await secret_of(engine) if engines.webhooks.address(entry.id) else ""
    except EngineError as error:
        raise Wrong(error.message, field="key" if error.code.startswith("provider_key") else "url") from error
    except TimeoutError:
        raise Wrong(f"It did not answer within {PATIENCE:g} seconds.", field="url") from None
    finally:
        await engine.close()


def model_of(catalog: Catalog, provider_id: str, form: NewModel) -> dict[str, Any]:
    """The entry of the catalog for what was filled in."""
    name = form.name.strip()
    if not name:
        raise Wrong("Say what members shall see as its name.", field="name")
    if not form.licence.strip():
        raise Wrong("Say under which licence it is, as the provider's page names it.", field="licence")
    wanted = form.provider_model.strip()
    offered = {(each.engine, each.provider_model, each.tool) for each in catalog.current.models}
    if (provider_id, wanted, form.tool) in offered:
        raise Wrong("This model is on offer already. Change its name and price in the catalog file.")
    price, cost = _rate(form.price, "price"), _rate(form.cost, "cost")
    return {
        "id": _free_id(catalog, f"{provider_id}-{name}", form.tool),
        "name": name,
        "tool": form.tool,
        "engine": provider_id,
        "provider_model": wanted,
        "licence": form.licence.strip(),
        "summary": form.summary.strip(),
        "deadline": DEADLINE,
        "price": {"pictures": price} if price else {},
        "cost": {"pictures": cost} if cost else None,
    }


def _rate(typed: str, field: str) -> Decimal:
    try:
        return parse_rate(typed.strip() or "0")
    except ValueError as error:
        raise Wrong(f"{error}."[:1].upper() + f"{error}."[1:], field=field) from error


def _free_id(catalog: Catalog, name: str, tool: str) -> str:
    """An id for a model that no other has."""
    plain = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:56] or "model"
    plain = f"{plain}-edit" if tool.endswith(".edit") else plain
    taken = {model.id for model in catalog.current.models}
    return next(each for n in range(1, 1000) if (each := plain if n == 1 else f"{plain}-{n}") not in taken)
