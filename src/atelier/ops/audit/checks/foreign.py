"""Requests that name another member's things: made for every route from its own parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from atelier.ops.audit.guests import Maker

# what a parameter of a route's path or query can hold that isn't anybody's
NOBODYS = {
    "tool_id": "image.generate",
    "tool": "image.generate",
    "model_id": "sketch",
    "model": "sketch",
    "mail_id": "01940000-0000-7000-8000-000000000003",
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
    """The maker's ids by the names that routes give them."""
    assert maker.asset is not None
    return {
        "job_id": str(maker.job_id),
        "run_id": str(maker.job_id),
        "asset_id": str(maker.asset.id),
        "session_id": str(maker.session_id),
        "token_id": str(maker.token_id),
        "member_id": str(maker.id),
    } | {name: str(id) for name, id in maker.more.items()}


# names of query and form fields that hold ids, and whose
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
    "before": "job_id",
    "cursor": "asset_id",
    "after": "asset_id",
}


def unknown(route: APIRoute, maker: Maker) -> list[str]:
    """The path parameters that the audit doesn't know how to fill."""
    return [name for name in route.param_convertors if name not in NOBODYS and name not in things(maker)]


def requests(route: APIRoute, maker: Maker) -> Iterator[Request]:
    """Each of a route's methods with the maker's ids: in its path, its query, and its form or JSON."""
    mine = things(maker)
    known = {**NOBODYS, **mine}
    path = route.path_format.format(**{name: known.get(name, "0") for name in route.param_convertors})
    names = any(name in mine for name in route.param_convertors)
    asked = {param.alias for param in route.dependant.query_params}
    query = [f"{name}={mine[FIELDS[name]]}" for name in sorted(asked & FIELDS.keys())]
    for method in sorted(route.methods or ()):
        if method in ("GET", "HEAD", "OPTIONS"):
            yield Request(method, path, names)
            for wish in query:
                yield Request(method, path, names, query=wish)
        else:
            body = _body(route, mine)
            if body is not None:
                sent = json.dumps(body).encode()
                yield Request(
                    method, path, names, query="&".join(query), body=sent, headers={"content-type": "application/json"}
                )
            else:
                form = {name: mine[whose] for name, whose in FIELDS.items()}
                yield Request(
                    method, path, names, query="&".join(query), form=form | {"amount": "1", "on": "true", "name": "x"}
                )


def _body(route: APIRoute, mine: Mapping[str, str]) -> Any:
    """JSON as the route's model wants it: its example, with the maker's ids wherever one is asked for."""
    field = route.body_field
    model = getattr(getattr(field, "field_info", None), "annotation", None) if field is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)) or model.__name__.startswith("Body_"):
        return None
    schema = model.model_json_schema()
    example: dict[str, Any] = dict((schema.get("examples") or [{}])[0])
    for name, what in schema.get("properties", {}).items():
        if name in FIELDS:
            example[name] = [mine[FIELDS[name]]] if what.get("type") == "array" else mine[FIELDS[name]]
    return example
