"""The one way to make a route. It cannot exist without its access rule and its limit, nor one of the API without saying
which scope a token needs for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from atelier.base import request_origin
from atelier.base.errors import AtelierError, Forbidden
from atelier.base.request_origin import RequestOrigin
from atelier.limits import Limit, Per
from atelier.limits.limit import REFUSED
from atelier.web import confirmed as confirmations
from atelier.web import scopes
from atelier.web.access import Access, check
from atelier.web.address import address, counted
from atelier.web.asked import Spent
from atelier.web.bounds import BODY, said_once
from atelier.web.caller import Caller, Role
from atelier.web.dialects import Dialect
from atelier.web.guard import SAFE
from atelier.web.parts import parts
from atelier.web.policy import Policy
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


Confirmed = bool | Literal["sessions"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A limit that what is asked for decides: `choose` says by which a request counts, most often by `usual`."""

    usual: Limit
    choose: Callable[[Request], Awaitable[Limit]]


Counted = Limit | Chosen


class Rule:
    """A route's access rule, limit and scope, enforced before anything else of it runs."""

    def __init__(
        self,
        access: Access,
        limit: Counted,
        *,
        scope: Scope | None = scopes.BROWSER,
        looking: bool = False,
        confirmed: Confirmed = False,
        unconfirmed: str = "",
        anonymous: bool = False,
        policy: Policy | None = None,
    ) -> None:
        self.access = access
        self.limit = limit.usual if isinstance(limit, Chosen) else limit
        self.choose = limit.choose if isinstance(limit, Chosen) else None  # by which limit a request counts
        self.policy = policy  # what its pages may do besides what all may
        self.scope = scope  # what a token needs; without one no token opens this route
        self.looking = looking  # whether an operator who looks at a member's pages may write here
        self.confirmed = confirmed  # whether it asks for a fresh confirmation; "sessions": a token needs none
        self.unconfirmed = unconfirmed  # why an operator's write needs none
        self.anonymous = anonymous  # whether nobody is looked up, so that it answers without a database

    async def __call__(self, request: Request) -> None:
        here = parts(request)
        caller = None if self.anonymous else await here.identify(request)
        if caller is not None and caller.scopes is not None and self.access in OPEN:
            caller = None  # where anybody may come, a token makes nobody of its member
        request_origin.assign(self._origin(request, caller))
        request.state.caller = caller
        request.state.access = self.access
        request.state.holder = _holder(caller) or counted(request)
        try:
            await self._allow(request, caller)
        except AtelierError:  # a request that may not be made spends nothing of the limit for what it asked for
            request.state.limited = await here.limiter.hit(REFUSED, request.state.holder)
            raise
        request.state.policy = self.policy
        limit = await self.choose(request) if self.choose is not None else self.limit
        by_member = caller is not None and limit.per is Per.MEMBER
        who = f"member {caller.member_id}" if caller is not None and by_member else counted(request)
        request.state.limited = await here.limiter.hit(limit, who)
        if by_member:
            request.state.spent = Spent(limit, who)
        if caller is not None and here.surround is not None and request.method == "GET" and wants_page(request):
            await here.surround(request, caller)

    async def _allow(self, request: Request, caller: Caller | None) -> None:
        """Raise unless the caller may make this request."""
        here = parts(request)
        said_once(request)
        check(self.access, caller)
        if caller is not None:
            scopes.check(self.scope, caller)
        if caller is not None and caller.looking and not self.looking and request.method not in SAFE:
            raise OnlyLooking
        if caller is not None and here.staff is not None and self.access in (Access.SUPPORT, Access.OPERATOR):
            await here.staff(request, caller)
        by_token = self.confirmed == "sessions" and caller is not None and caller.scopes is not None
        if self.confirmed and not by_token:
            await confirmations.check(request, caller)

    def _origin(self, request: Request, caller: Caller | None) -> RequestOrigin:
        """From where the request comes, and whether its transactions only read."""
        helps = caller is not None and caller.role is Role.SUPPORT and self.access is Access.SUPPORT
        looks = caller is not None and caller.looking is not None and not self.looking
        operates = caller is not None and self.access is Access.OPERATOR
        actor = caller.looking or (caller.member_id if operates else None) if caller is not None else None
        return RequestOrigin(address(request), actor, reads=helps or looks)


def _holder(caller: Caller | None) -> str | None:
    """By what refusals count somebody who is signed in: one token's or browser's leave the member's others alone."""
    if caller is None:
        return None
    if caller.token_id is not None:
        return f"token {caller.token_id}"
    return f"session {caller.session_id}" if caller.session_id is not None else f"app of {caller.member_id}"


class Routes(APIRouter):
    """A set of routes; `get`, `post` … take FastAPI's arguments, and need `access` and `limit`.

    `scope` is what a token needs; every route under `/api/` that is not public names it, or says with `scope=BROWSER`
    that no token opens it. `anonymous=True` on a public route looks nobody up, so that it answers without a database.
    `limit` may be `Chosen` by what a request asks for. `policy` adds to the content policy of the route's pages.
    `dialect` is how a foreign API's programs read errors: a function from a failure to its status and body; it holds
    for all addresses below `prefix`, also for those that lead to no route.
    `looking=True` lets an operator who looks at a member's pages write there. `after` are
    dependencies of every route that run once its rule has passed.

    `confirmed=True` asks for a fresh confirmation (step-up): the caller signed in, or typed their password, a code, or
    used a passkey, within the last 15 minutes. Nothing else is needed at the route: a browser is shown the page that
    asks, and the form that was sent waits in it and goes on afterwards; programs get 403 `confirmation_needed`, and
    API tokens, which can never confirm, 403 `session_needed`. Give it to whatever moves money, changes how one gets
    into an account, gives or ends it. `confirmed="sessions"` asks browsers alone, and lets a token through that has the
    route's scope. An operator's write must have it, or say in `unconfirmed="…"` why it needs none.
    """

    def __init__(
        self, *, after: Sequence[Callable[..., Any]] = (), dialect: Dialect | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        if dialect is not None and not self.prefix:
            raise RuntimeError("routes with a dialect need a prefix, below which every error speaks it")
        self.dialect = dialect
        self._after = [Depends(each, scope="function") for each in after]

    @cached_property
    def included(self) -> list[BaseRoute]:
        """These routes as an application takes them; FastAPI reads each once, however many applications there are."""
        house = APIRouter()
        house.include_router(self)
        return house.routes

    def _add(self, path: str, method: str, access: Access, limit: Counted, options: dict[str, Any]) -> Any:
        confirmed: Confirmed = options.pop("confirmed", False)
        unconfirmed = options.pop("unconfirmed", "")
        if access is Access.OPERATOR and method not in SAFE and (confirmed is True) is bool(unconfirmed):
            raise RuntimeError(f"{method} {path} is an operator's: give it confirmed=True, or unconfirmed='why not'")
        scope: Scope | None = options.pop("scope", _UNSAID)
        if scope is _UNSAID:
            scope = scopes.BROWSER
            api = (self.prefix + path).startswith(API) or self.dialect is not None
            if api and access not in OPEN:
                raise RuntimeError(f"{method} {self.prefix}{path} names no scope: give it one, or scope=BROWSER")
        if scope is not None and method not in SAFE and not scope.endswith(":write"):
            raise RuntimeError(f"{method} {self.prefix}{path} writes, and {scope} only reads")
        looking, anonymous = options.pop("looking", False), options.pop("anonymous", False)
        if anonymous and access is not Access.PUBLIC:
            raise RuntimeError(f"{method} {self.prefix}{path} is for somebody, so its caller must be looked up")
        rule = Rule(
            access,
            limit,
            scope=scope,
            looking=looking,
            confirmed=confirmed,
            unconfirmed=unconfirmed,
            anonymous=anonymous,
            policy=options.pop("policy", None),
        )
        options["dependencies"] = [Depends(rule), *self._after, *options.get("dependencies", [])]
        options.setdefault("max_body_size", BODY)
        options["openapi_extra"] = {
            "x-access": access.value,
            "x-limit": rule.limit.rates,
            "security": _security(access, scope),
            **({"x-confirmed": True} if confirmed else {}),
            **options.get("openapi_extra", {}),
        }
        return super().api_route(path, methods=[method], **options)

    def get(self, path: str, *, access: Access, limit: Counted, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "GET", access, limit, options)  # type: ignore[no-any-return]

    def post(self, path: str, *, access: Access, limit: Counted, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "POST", access, limit, options)  # type: ignore[no-any-return]

    def put(self, path: str, *, access: Access, limit: Counted, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "PUT", access, limit, options)  # type: ignore[no-any-return]

    def patch(self, path: str, *, access: Access, limit: Counted, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
        return self._add(path, "PATCH", access, limit, options)  # type: ignore[no-any-return]

    def delete(self, path: str, *, access: Access, limit: Counted, **options: Any) -> Callable[[Endpoint], Endpoint]:  # type: ignore[override]  # stricter by design
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
