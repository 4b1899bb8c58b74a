"""The ASGI application: every room's routes behind one guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

from atelier import __version__, ledger
from atelier.base.addresses import parse_allowed
from atelier.base.crypto import derive
from atelier.base.db import Acting
from atelier.base.outgoing import Outgoing
from atelier.people import unfinished
from atelier.people.callers import Callers
from atelier.people.factors import confirmation_pages
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.people.oidc.reach import Reach
from atelier.rooms import ROOMS
from atelier.spine import Studio
from atelier.spine.inline import InlineJobs
from atelier.web import problems, room
from atelier.web.asked import Asked
from atelier.web.bounds import Bounds
from atelier.web.caller import Caller
from atelier.web.connections import Crowds
from atelier.web.guard import Guard
from atelier.web.head_requests import HeadRequests
from atelier.web.parts import Parts
from atelier.web.proxied import Proxied
from atelier.web.room import Room
from atelier.web.routes import rules
from atelier.web.templates import Templates


def create_app(studio: Studio, *, elsewhere: Elsewhere | None = None, rooms: Sequence[Room] = ROOMS) -> FastAPI:
    """The application on an open studio; it refuses to exist with a route that has no access rule and limit.

    `elsewhere`: the providers, where they are reached otherwise than by the network. Raises `RoomsDisagree` where two
    rooms declare the same.
    """
    room.check(rooms)
    outgoing = Outgoing(allowed=parse_allowed(studio.private_hosts))
    elsewhere = elsewhere or Elsewhere(studio.providers, studio.secret, studio.origin, reach=Reach(outgoing))

    inline = InlineJobs(studio)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with room.listening(rooms, studio):  # engines that run inline wait for their providers' calls as well
            async with studio.signals.running(), inline.running(), studio.catalog.watched():
                yield

    app = FastAPI(
        title="Atelier", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.studio = studio
    app.state.inline = inline
    app.state.store = studio.assets
    app.state.accounts = studio.accounts
    app.state.carrier = studio.carrier
    app.state.catalog = studio.catalog
    app.state.engines = studio.engines
    app.state.mail_keys = studio.accounts.keys
    app.state.elsewhere = elsewhere

    async def surround(request: Request, caller: Caller) -> None:
        async with studio.web_db.transaction(Acting.member(caller.member_id)) as db:
            request.state.balance = await ledger.balance(db, member_id=caller.member_id)

    def offers(tool_id: str) -> bool:
        return bool(studio.catalog.current.ready(tool_id))

    templates = Templates(
        rooms,
        globals={
            "ways_in": elsewhere.buttons,
            "offers": offers,
            "nav": [entry for each in rooms for entry in each.nav],
            "console_nav": partial(room.console_nav, rooms),
        },
    )
    app.state.parts = Parts(
        web_db=studio.web_db,
        operator_db=studio.operator_db,
        signals=studio.signals,
        limiter=studio.limiter,
        templates=templates,
        identify=Callers(studio.signals).identify,
        origin=studio.origin,
        production=studio.production,
        key=partial(derive, studio.secret),
        debug=studio.debug,
        welcome_credits=studio.welcome_credits,
        trusted_proxies=studio.trusted_proxies,
        staff=confirmation_pages.staff,
        surround=surround,
    )
    for each in rooms:
        for routes in each.routes():
            app.router.routes.extend(routes.included)
    app.mount("/static", templates.static, name="static")
    problems.install(app)
    confirmation_pages.install(app)
    unfinished.install(app)
    if studio.cors_origins:  # with a token only: no cookie crosses from another site
        app.add_middleware(
            CORSMiddleware,
            allow_origins=studio.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", "idempotency-key", "last-event-id"],
            expose_headers=[
                *("location", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id")
            ],
        )
    app.add_middleware(Asked)
    app.add_middleware(unfinished.Remember)
    app.add_middleware(Bounds)
    app.add_middleware(HeadRequests)
    app.add_middleware(Crowds, each=studio.connections_per_address)
    app.add_middleware(Guard, origin=studio.origin, hosts=studio.hosts)
    app.add_middleware(Proxied, proxies=studio.trusted_proxies)
    for _route, _rule in rules(app):
        pass
    return app
