"""The one way to make a route. It cannot exist without its access rule and its limit, nor one of the API without saying
which scope a token needs for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from atelier.base import whence
from atelier.base.errors import Forbidden
from atelier.base.whence import Whence
from atelier.limits import Limit, Per
from atelier.limits.network import network, plain
from atelier.web import confirmed as confirmations
from atelier.web import scopes
from atelier.web.access import Access, check
from atelier.web.bounds import BODY, said_once
from atelier.web.caller import Caller, Role
from atelier.web.guard import SAFE
from atelier.web.parts import parts
from atelier.web.problems import wants_page
from atelier.web.scopes import Scope

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
API = "/api/"
OPEN = frozenset({Access.PUBLIC, Access.SIGNATURE})  # nobody needs to be anybody there
_UNSAID: Any = object()


class OnlyLooking(Forbidden):
    """An operator who looks at a member's pages changes nothing there."""

    code = "only_looking"

    def __init__(self) -> None:
        super().__init__("You look at somebody else's pages, so nothing was changed. End the look first.")


class Rule:
    """A route's access rule, limit and scope, enforced before anything else of it runs."""

    def __init__(
        self,
        access: Access,
        limit: Limit,
        *,
        scope: Scope | None = scopes.BROWSER,
        looking: bool = False,
        confirmed: bool = False,
        unconfirmed: str = "",
    ) -> None:
        self.access = access
        self.limit = limit
        self.scope = scope  # what a token needs; without one no token opens this route
        self.looking = looking  # whether an operator who looks at a member's pages may write here
        self.confirmed = confirmed  # whether it needs a session that was confirmed in the last minutes
        self.unconfirmed = unconfirmed  # why an operator's write needs none

    async def __call__(self, request: Request) -> None:
        said_once(request)
        here = parts(request)
        caller = await here.identify(request)
        if caller is not None and caller.scopes is not None and self.access in OPEN:
            caller = None  # where anybody may come, a token makes nobody of its member
        whence.comes(self._whence(request, caller))
        request.state.caller = caller
        request.state.access = self.access
        by_member = caller is not None and self.limit.per is Per.MEMBER
        who = f"member {caller.member_id}" if caller is not None and by_member else counted(request)
        request.state.limited = await here.limiter.hit(self.limit, who)
        check(self.access, caller)
        if caller is not None:
            scopes.check(self.scope, caller)
        if caller is not None and caller.looking and not self.looking and request.method not in SAFE:
            raise OnlyLooking
        if caller is not None and here.staff is not None and self.access in (Access.SUPPORT, Access.OPERATOR):
            await here.staff(request, caller)
        if self.confirmed:
            await confirmations.check(request, caller)
        if caller is not None and here.surround is not None and request.method == "GET" and wants_page(request):
            await here.surround(request, caller)

    def _whence(self, request: Request, caller: Caller | None) -> Whence:
        """From where the request comes, and whether its transactions only read."""
        helps = caller is not None and caller.role is Role.SUPPORT and self.access is Access.SUPPORT
        looks = caller is not None and caller.looking is not None and not self.looking
        operates = caller is not None and self.access is Access.OPERATOR
        actor = caller.looking or (caller.member_id if operates else None) if caller is not None else None
        return Whence(address(request), actor, reads=helps or looks)


def address(request: Request) -> str:
    """The caller's address: the connection's, or what a trusted proxy says of it.

    A proxy adds the address that it saw at the end, in the header's last line; what stands before may be invented.
    """
    peer = plain(request.client.host) if request.client else "unknown"
    trusted = parts(request).trusted_proxies
    if peer not in trusted:
        return peer
    lines = request.headers.getlist("x-forwarded-for")
    hops = [plain(hop) for line in lines for hop in line.split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), peer)


def counted(request: Request) -> str:
    """By what limits count somebody who is signed out: the network that is theirs."""
    return f"address {network(address(request))}"


class Routes(APIRouter):
    """A set of routes; `get`, `post` … take FastAPI's arguments, and need `access` and `limit`.

    `scope` is what a token needs; every route under `/api/` that is not public names it, or says with `scope=BROWSER`
    that no token opens it. `looking=True` lets an operator who looks at a member's pages write there. `after` are
    dependencies of every route that run once its rule has passed.

    `confirmed=True` asks for a fresh confirmation (step-up): the caller signed in, or typed their password, a code, or
    used a passkey, within the last 15 minutes. Nothing else is needed at the route: a browser is shown the page that
    asks, and the form that was sent waits in it and goes on afterwards; programs get 403 `confirmation_needed`, and
    API tokens, which can never confirm, 403 `session_needed`. Give it to whatever moves money, changes how one gets
    into an account, gives or ends it. An operator's write must have it, or say in `unconfirmed="…"` why it needs none.
    """

    def __init__(self, *, after: Sequence[Callable[..., Any]] = (), **options: Any) -> None:
        super().__init__(**options)
        self._after = [Depends(each, scope="function") for each in after]

    def _add(self, path: str, method: str, access: Access, limit: Limit, options: dict[str, Any]) -> Any:
        confirmed, unconfirmed = options.pop("confirmed", False), options.pop("unconfirmed", "")
        if access is Access.OPERATOR and method not in SAFE and confirmed is bool(unconfirmed):
            raise RuntimeError(f"{method} {path} is an operator's: give it confirmed=True, or unconfirmed='why not'")
        scope: Scope | None = options.pop("scope", _UNSAID)
        if scope is _UNSAID:
            scope = scopes.BROWSER
            if (self.prefix + path).startswith(API) and access not in OPEN:
                raise RuntimeError(f"{method} {self.prefix}{path} names no scope: give it one, or scope=BROWSER")
        if scope is not None and method not in SAFE and not scope.endswith(":write"):
            raise RuntimeError(f"{method} {self.prefix}{path} writes, and {scope} only reads")
        looking = options.pop("looking", False)
        rule = Rule(access, limit, scope=scope, looking=looking, confirmed=confirmed, unconfirmed=unconfirmed)
        options["dependencies"] = [Depends(rule), *self._after, *options.get("dependencies", [])]
        options.setdefault("max_body_size", BODY)
        options["openapi_extra"] = {
            "x-access": access.value,
            "x-limit": limit.rates,
            "security": _security(access, scope),
            **({"x-confirmed": True} if confirmed else {}),
            **options.get("openapi_extra", {}),
        }
        return super().api_route(path, methods=[method], **options)

    def get(self, path: str, *, access: Access, limit: Limit, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "GET", access, limit, options)  # type: ignore[no-any-return]

    def post(self, path: str, *, access: Access, limit: Limit, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "POST", access, limit, options)  # type: ignore[no-any-return]

    def put(self, path: str, *, access: Access, limit: Limit, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "PUT", access, limit, options)  # type: ignore[no-any-return]

    def patch(self, path: str, *, access: Access, limit: Limit, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "PATCH", access, limit, options)  # type: ignore[no-any-return]

    def delete(self, path: str, *, access: Access, limit: Limit, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "DELETE", access, limit, options)  # type: ignore[no-any-return]


def _security(access: Access, scope: Scope | None) -> list[dict[str, list[str]]]:
    """What opens a route, as OpenAPI lists it: a token with its scope, or a browser's session."""
    if access in OPEN:
        return []
    return [*([{"token": [scope.value]}] if scope is not None else []), {"session": []}]


def rules(app: FastAPI) -> Iterator[tuple[APIRoute, Rule]]:
    """Each route of `app` with its rule; raises for one that has none, so that an application with one cannot start."""
    for route, rule in every(app):
        if rule is None or not isinstance(route, APIRoute):
            raise RuntimeError(f"{getattr(route, 'path', route)} was not made by Routes, so it has no access rule")
        yield route, rule


def every(app: FastAPI) -> Iterator[tuple[BaseRoute, Rule | None]]:
    """Each route of `app` but the static files, with its rule if it has exactly one."""
    for outer in app.routes:
        router = getattr(outer, "original_router", None)
        if router is None and getattr(outer, "name", "") == "static":
            continue
        for route in router.routes if router is not None else [outer]:
            found = [d.call for d in route.dependant.dependencies] if isinstance(route, APIRoute) else []
            rule = [call for call in found if isinstance(call, Rule)]
            yield route, rule[0] if len(rule) == 1 else None
