"""The room of people: sign-up, sign-in, accounts, and leaving."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.base.crypto import derive
from atelier.jobs.background import Round, Task
from atelier.people import jobs
from atelier.people.answer import Answerer
from atelier.people.leaving import jobs as leaving_jobs
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.fill import Exporter
from atelier.web.language import translate
from atelier.web.room import NavEntry, Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.people import (
        account,
        account_email,
        api,
        auth_api,
        pages,
        recovery_pages,
        sign_up_pages,
        token_pages,
        unfinished,
    )
    from atelier.people.console import factors, invitation_pages, leaving, member_pages, sign_ins
    from atelier.people.factors import confirmation_pages, passkey_pages, second_pages, security_pages
    from atelier.people.leaving import api as leaving_api
    from atelier.people.leaving import pages as leaving_pages
    from atelier.people.oidc import pages as oidc_pages
    from atelier.people.oidc import step_up_pages

    return (
        pages.routes,
        sign_up_pages.routes,
        recovery_pages.routes,
        account.routes,
        oidc_pages.routes,
        step_up_pages.routes,
        second_pages.routes,
        confirmation_pages.routes,
        unfinished.routes,
        security_pages.routes,
        passkey_pages.routes,
        account_email.routes,
        leaving_pages.routes,
        leaving_api.routes,
        token_pages.routes,
        api.routes,
        auth_api.routes,
        member_pages.routes,
        sign_ins.routes,
        invitation_pages.routes,
        leaving.routes,
        factors.routes,
    )


def _exporter(studio: Any) -> Exporter:
    return Exporter(studio.worker_db, studio.assets.store, studio.accounts.writer)


def _tasks(studio: Any) -> Sequence[Task]:
    eraser = Eraser(studio.worker_db, studio.assets.store, partial(derive, studio.secret))
    answerer = Answerer(studio.worker_db, studio.accounts.writer)
    return [*jobs.tasks(answerer), *leaving_jobs.tasks(_exporter(studio), eraser)]


def _rounds(studio: Any) -> Sequence[Round]:
    answerer = Answerer(studio.worker_db, studio.accounts.writer)
    return [*jobs.rounds(answerer), *leaving_jobs.rounds(_exporter(studio))]


ROOM = Room(
    "people",
    Path(__file__).parent,
    routes=_routes,
    nav=[NavEntry("keep", "/account", lambda: translate("Account"), "member", "a", staff=False, classes="narrow")],
    console=[
        ("/console/members", lambda: translate("Members")),
        ("/console/sessions", lambda: translate("Sign-ins")),
        ("/console/invitations", lambda: translate("Invitations")),
    ],
    tasks=_tasks,
    rounds=_rounds,
)
