"""The ASGI application: every room's routes behind one guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

from atelier import __version__, ledger
from atelier.assets import api as assets_api
from atelier.assets import files as assets_files
from atelier.assets import pages as assets_pages
from atelier.base.crypto import derive
from atelier.base.db import Acting
from atelier.ledger import api as ledger_api
from atelier.ledger import pages as ledger_pages
from atelier.ops import health
from atelier.ops.console import doors as console_doors
from atelier.ops.console import factors as console_factors
from atelier.ops.console import leaving as console_leaving
from atelier.ops.console import member_pages as console_member_pages
from atelier.ops.console import outbox as console_outbox
from atelier.ops.console import pages as console_pages
from atelier.ops.console import record_pages as console_record_pages
from atelier.ops.console import sign_ins as console_sign_ins
from atelier.people import account as people_account
from atelier.people import account_email as people_account_email
from atelier.people import api as people_api
from atelier.people import auth_api, recovery_pages, sign_up_pages, token_pages
from atelier.people import pages as people_pages
from atelier.people.callers import Callers
from atelier.people.factors import confirmation_pages, passkey_pages, second_pages, security_pages
from atelier.people.leaving import api as leaving_api
from atelier.people.leaving import pages as leaving_pages
from atelier.people.oidc import pages as oidc_pages
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.studio import Studio
from atelier.studio import api as studio_api
from atelier.studio import pages as studio_pages
from atelier.web import openapi, preferences, problems, reports
from atelier.web.asked import Asked
from atelier.web.bounds import Bounds
from atelier.web.caller import Caller
from atelier.web.guard import Guard
from atelier.web.parts import Parts
from atelier.web.routes import rules
from atelier.web.templates import Templates

HERE = Path(__file__).parent
ROOMS = ("web", "studio", "people", "assets", "ledger", "ops/console")
ROUTES = (
    openapi.routes,
    preferences.routes,
    reports.routes,
    health.routes,
    people_pages.routes,
    sign_up_pages.routes,
    recovery_pages.routes,
    people_account.routes,
    oidc_pages.routes,
    second_pages.routes,
    confirmation_pages.routes,
    security_pages.routes,
    passkey_pages.routes,
    people_account_email.routes,
    leaving_pages.routes,
    leaving_api.routes,
    token_pages.routes,
    people_api.routes,
    auth_api.routes,
    ledger_pages.routes,
    ledger_api.routes,
    assets_pages.routes,
    assets_files.routes,
    assets_api.routes,
    studio_pages.routes,
    studio_pages.purseless,
    studio_api.routes,
    console_pages.routes,
    console_member_pages.routes,
    console_leaving.routes,
    console_sign_ins.routes,
    console_record_pages.routes,
    console_doors.routes,
    console_factors.routes,
    console_outbox.routes,
)


def create_app(studio: Studio, *, elsewhere: Elsewhere | None = None) -> FastAPI:
    """The application on an open studio; it refuses to exist with a route that has no access rule and limit.

    `elsewhere`: the providers, where they are reached otherwise than by the network.
    """
    elsewhere = elsewhere or Elsewhere(studio.providers, studio.secret, studio.origin)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with studio.signals.running():
            yield

    app = FastAPI(
        title="Atelier", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.studio = studio
    app.state.store = studio.assets
    app.state.doors = studio.doors
    app.state.elsewhere = elsewhere

    async def surround(request: Request, caller: Caller) -> None:
        async with studio.web_db.transaction(Acting.member(caller.member_id)) as db:
            request.state.balance = await ledger.balance(db, member_id=caller.member_id)

    def offers(tool_id: str) -> bool:
        return bool(studio.catalog.current.ready(tool_id))

    templates = Templates(
        [HERE / room / "templates" for room in ROOMS],
        globals={"ways_in": elsewhere.buttons, "offers": offers},
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
    for routes in ROUTES:
        app.include_router(routes)
    app.mount("/static", templates.static, name="static")
    problems.install(app)
    confirmation_pages.install(app)
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
    app.add_middleware(Bounds)
    app.add_middleware(Guard, origin=studio.origin)
    for _route, _rule in rules(app):
        pass
    return app
