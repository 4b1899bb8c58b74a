"""Limits: that they count, and that every route asks them first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from atelier.base.errors import TooMany
from atelier.base.ids import new_id
from atelier.limits import Limit, Limiter, Standing
from atelier.limits.limit import REFUSED
from atelier.ops.audit.check import Evidence, Severity, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.web.routes import OPEN
from atelier.web.streams import MOST

UNLIMITED: dict[str, str] = {}  # route → why it may be called without end; none is


class _Full(Limiter):
    """Every limit is reached."""

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        if limit.rates:
            raise TooMany(7)
        return ()


@check(
    "limits.routes",
    "B8",
    "D16",
    title="Every route answers 429 with Retry-After when its limit is reached",
    remedy="Give the route a limit from atelier.limits.limit, or name it with its reason in the check's exceptions.",
    quick=True,
)
async def everywhere(ground: Ground) -> Evidence:
    faults, tried = [], 0
    with ground.limited_by(_Full()):
        for route, rule in ground.routes():
            path = route.path_format.format(**dict.fromkeys(route.param_convertors, "0"))
            for method in sorted(route.methods or ()):
                answer = await ground.ask(method, path, headers={"accept": "application/json"})
                tried += 1
                if route.path_format in UNLIMITED:
                    continue
                if not rule.limit.rates:
                    faults.append(f"{method} {route.path_format} has the limit “none”")
                elif answer.status != 429 or answer.headers.get("retry-after") != "7":
                    faults.append(f"{method} {route.path_format} answers {answer.status} beyond its limit")
    return evidence(faults, f"All {tried} routes and methods answer 429 once their limit is reached.")


class _Heard(Limiter):
    """Lets everything pass and remembers by which limits it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        self.asked.add(limit.name)
        return ()


@check(
    "limits.refused",
    "B8",
    title="A request that may not be made counts as refused, and spends nothing of the limit for what it asked for",
    remedy="Let atelier.web.routes.Rule decide whether a request may be made before it counts it.",
    quick=True,
)
async def refused(ground: Ground) -> Evidence:
    faults, tried = [], 0
    for route, rule in ground.routes():
        if rule.access in OPEN:
            continue
        path = route.path_format.format(**dict.fromkeys(route.param_convertors, "0"))
        for method in sorted(route.methods or ()):
            heard = _Heard()
            with ground.limited_by(heard):
                await ground.ask(method, path, headers={"accept": "application/json"})
            tried += 1
            if heard.asked != {REFUSED.name}:
                faults.append(f"{method} {route.path_format} counts a stranger by {sorted(heard.asked)}")
    return evidence(faults, f"{tried} requests of strangers counted as refused and spent nothing else.")


@check(
    "limits.count",
    "B8",
    title="The studio's limiter counts, and lets nobody beyond a limit",
    remedy="Look at ATELIER_REDIS_URL and at `limits` in /health/ready.",
    quick=True,
)
async def count(ground: Ground) -> Evidence:
    limiter, who = ground.studio.limiter, f"audit {new_id()}"
    faults, limits = [], {rule.limit for _, rule in ground.routes() if rule.limit.rates}
    for limit in sorted({limit.rates for limit in limits}):
        if (first := int(limit.split("/")[0])) > 20:
            continue  # the same machinery with larger numbers
        allowed = 0
        for _ in range(first + 2):
            try:
                await limiter.hit(Limit(f"audit {limit}", limit), who)
                allowed += 1
            except TooMany:
                break
        if allowed > first or (allowed < first and not limiter.degraded):  # half as much passes while Redis is lost
            faults.append(f"a limit of {limit} let {allowed} pass")
    small = [limit for limit in limits if int(limit.rates.split("/")[0]) <= 20]
    return evidence(faults, f"Of {len(limits)} limits in use, the {len(small)} smallest let exactly their number pass.")


@check(
    "limits.streams",
    "C5",
    title="A member has at most five live streams open in a web process",
    remedy="Look at atelier.web.streams: each live stream is counted there for as long as it is open.",
)
async def streams(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    begun, going = [asyncio.Event() for _ in range(MOST + 2)], []
    try:
        for event in begun:
            going.append(asyncio.create_task(ground.ask("GET", "/live", by=maker, enough=_begins(event), seconds=20)))
            async with asyncio.timeout(10):
                await event.wait()
        over, _ = await asyncio.wait(going, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        while over and len(over) < 2:  # the two oldest
            more, _ = await asyncio.wait(set(going) - over, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            if not more:
                break
            over |= more
        told = [b"event: replaced" in task.result().body for task in over]
    finally:
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
    if sorted(told) != [True, True]:
        return Evidence(False, f"Of {len(begun)} streams of one member, {len(begun) - sum(told)} stayed open.")
    return Evidence(True, f"Of {len(begun)} streams of one member, the two oldest were told to end.")


def _begins(event: asyncio.Event) -> Callable[[bytes], bool]:
    """Set `event` once a stream has begun, and read on."""

    def enough(body: bytes) -> bool:
        if body:
            event.set()
        return False

    return enough


@check(
    "limits.shared",
    "B8",
    title="The shared store of limits answers, where one is named",
    remedy="Start Redis again or correct ATELIER_REDIS_URL; until then each process counts for itself.",
    severity=Severity.WARNING,
    quick=True,
)
async def shared(ground: Ground) -> Evidence:
    limiter = ground.studio.limiter
    await limiter.hit(Limit("audit", "1000/minute"), "audit")
    if limiter.degraded:
        return Evidence(False, "Redis does not answer, so each process counts for itself.")
    return Evidence(True, "Limits are counted where the settings say.")
