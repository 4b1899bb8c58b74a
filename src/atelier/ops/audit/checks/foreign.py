"""Requests that name another member's things: for every route and every table, from the route's own parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from atelier.ops.audit.guests import Maker
from atelier.web.bounds import query_parameters

# what a parameter of a route's path or query can hold that isn't anybody's
NOBODYS = {
    "tool_id": "image.generate",
    "tool": "image.generate",
    "model_id": "sketch",
    "model": "sketch",
    "weights": "unsafe-pictures",
    "invitation_id": "01940000-0000-7000-8000-000000000004",
    "position": "0",
    "variant": "original",
    "part": "0",
    "limit": "20",
    "lang": "en",
    "language": "en",
    "theme": "dark",
    "flag": "uploads",
    "provider": "nobody",
}

CHOSEN = ("tool_id", "model_id")  # ids that name what is on offer to everybody


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `names` says whether its path names a thing of the maker's."""

    method: str
    path: str
    names: bool
    query: str = ""
    form: Mapping[str, Any] | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}{'?' if self.query else ''}{self.query}"


def things(maker: Maker) -> dict[str, str]:
    """The maker's ids by the names that routes give them: of `tokens` it is `token_id`."""
    named = {_singular(table): str(row.id) for table, row in maker.rows.items() if row.id is not None}
    return {"member_id": str(maker.id), "run_id": str(maker.job_id)} | {f"{name}_id": id for name, id in named.items()}


def ids(maker: Maker) -> dict[str, str]:
    """Every id of the maker's, by its table."""
    found = {table: str(row.id) for table, row in maker.rows.items() if row.id is not None}
    return {"members": str(maker.id), **found}


def _singular(table: str) -> str:
    return f"{table[:-3]}y" if table.endswith("ies") else table.removesuffix("s")


# names of query and form fields that hold ids but aren't called so, and whose
FIELDS = {
    "from": "asset_id",
    "id": "asset_id",
    "ids": "asset_id",
    "asset": "asset_id",
    "asset_id": "asset_id",
    "run": "job_id",
    "job": "job_id",
    "job_id": "job_id",
    "member": "member_id",
    "member_id": "member_id",
    "cursor": "asset_id",
    "after": "asset_id",
}
SAFE = ("GET", "HEAD", "OPTIONS")


def unknown(route: APIRoute) -> list[str]:
    """The path parameters that the audit doesn't know how to fill: what is called an id gets every id that there is."""
    return [name for name in route.param_convertors if name not in NOBODYS and not name.endswith("_id")]


def requests(route: APIRoute, maker: Maker) -> Iterator[Request]:
    """Each of a route's methods with the maker's ids: of every table in its path, and in its query, form or JSON."""
    mine = things(maker)
    for method in sorted(route.methods or ()):
        for path, table in _paths(route, maker):
            yield from _asked(route, maker, mine, method, path, table)


def _paths(route: APIRoute, maker: Maker) -> list[tuple[str, str | None]]:
    """The route's path with what its names say, then with the id of each table in each place; and of which table."""
    mine = things(maker)
    likely = {name: mine.get(name) or NOBODYS.get(name) or str(maker.id) for name in route.param_convertors}
    places = [name for name in route.param_convertors if name.endswith("_id") and name not in CHOSEN]
    found = {route.path_format.format(**likely): "" if places else None}
    for place in places:
        for table, id in ids(maker).items():
            found.setdefault(route.path_format.format(**likely | {place: id}), table)
    return list(found.items())


def _asked(
    route: APIRoute, maker: Maker, mine: Mapping[str, str], method: str, path: str, table: str | None
) -> Iterator[Request]:
    names = table is not None
    asked = {param.alias for param in query_parameters(route)}
    query = [f"{name}={mine[FIELDS.get(name, name)]}" for name in sorted(asked) if FIELDS.get(name, name) in mine]
    if method in SAFE:
        yield Request(method, path, names)
        if not table:
            for wanted in dict.fromkeys([*query, *(f"{name}={id}" for name in asked for id in ids(maker).values())]):
                yield Request(method, path, names, query=wanted)
        return
    body = _body(route, mine)
    if body is not None:
        sent, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        yield Request(method, path, names, query="&".join(query), body=sent, headers=headers)
    else:
        form = {name: mine[whose] for name, whose in FIELDS.items()}
        form.update(mine)
        more = {"amount": "1", "on": "true", "name": "x"}
        yield Request(method, path, names, query="&".join(query), form={**form, **more})


def _body(route: APIRoute, mine: Mapping[str, str]) -> Any:
    """JSON as the route's model wants it: its example, with the maker's ids wherever one is asked for."""
    field = route.body_field
    model = getattr(getattr(field, "field_info", None), "annotation", None) if field is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)) or model.__name__.startswith("Body_"):
        return None
    schema = model.model_json_schema()
    example: dict[str, Any] = dict((schema.get("examples") or [{}])[0])
    for name, what in schema.get("properties", {}).items():
        whose = FIELDS.get(name, name)
        if whose in mine:
            example[name] = [mine[whose]] if what.get("type") == "array" else mine[whose]
    return example
