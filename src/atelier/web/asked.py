"""What surrounds the work on a request: facts about its origin are forgotten when it ends, what a refused request
spent is given back, and the answer says where the caller stands with their limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base import request_origin
from atelier.limits import Limit, Limiter, Reached
from atelier.limits.headers import put
from atelier.limits.limit import REFUSED

# Answers by which nothing was done: the body was wrong, could not be paid for, is of somebody else or contradicts
# what is there. 401 and 429 are not among them: guesses count.
REFUSALS = frozenset({400, 402, 403, 404, 408, 409, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request used up of its member's limit."""

    limit: Limit
    who: str


class Asked:
    """ASGI middleware around every route; the route's rule fills in what it says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                state: dict[str, Any] = scope.get("state", {})
                if message["status"] in REFUSALS and (spent := state.pop("spent", None)) is not None:
                    await _give_back(scope["app"].state.parts.limiter, spent, state)
                put(MutableHeaders(scope=message), state.get("limited", ()))
            await send(message)

        with request_origin.isolated():
            await self.app(scope, receive, answer)


async def _give_back(limiter: Limiter, spent: Spent, state: dict[str, Any]) -> None:
    """Give back what a refused request spent and count the refusal, unless its holder is refused all the time."""
    try:
        await limiter.hit(REFUSED, state["holder"])
    except Reached:
        return
    await limiter.give_back(spent.limit, spent.who)
    state["limited"] = tuple(replace(standing, left=standing.left + 1) for standing in state.get("limited", ()))
