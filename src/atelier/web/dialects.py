"""Errors in the words of a foreign API, for programs that were written for that API."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, whoever noticed it: a room's expected error, validation, the router or a crash."""

    status: int
    code: str
    message: str
    field: str | None = None
    retry: bool = False
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


Dialect = Callable[[Failure], tuple[int, Mapping[str, Any]]]  # the status and the body that such programs expect


def dialect_of(request: Request) -> Dialect | None:
    """The dialect of the routes below whose prefix the request's address lies, if they have one of their own."""
    path = request.url.path
    for outer in request.app.routes:
        router: Any = getattr(outer, "original_router", None)
        dialect: Dialect | None = getattr(router, "dialect", None)
        if dialect is not None and (path == router.prefix or path.startswith(f"{router.prefix}/")):
            return dialect
    return None
