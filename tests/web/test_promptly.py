"""No dependency of a route waits for a thread: that takes longer than what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from atelier.rooms import routers

# who read their own query once for a page, and are classes, which FastAPI gives to a thread
IN_A_THREAD = {"Looking", "Asked"}


def _threaded(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        call = each.call
        asked = getattr(call, "__call__", None)  # noqa: B004 - what an instance does when it is called
        if not any(
            inspect.iscoroutinefunction(what) or inspect.isasyncgenfunction(what) for what in (call, asked) if what
        ):
            yield getattr(call, "__qualname__", str(call))
        yield from _threaded(each)


def test_no_dependency_waits_for_a_thread() -> None:
    found = {
        name
        for routes in routers()
        for route in routes.routes
        if isinstance(route, APIRoute)
        for name in _threaded(route.dependant)
    }
    assert found <= IN_A_THREAD
