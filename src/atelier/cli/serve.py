"""`atelier serve`: a web process."""

from __future__ import annotations

import socket

import typer
import uvicorn
import uvloop
from fastapi import FastAPI

from atelier import bootstrap, ledger
from atelier.app import create_app
from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.cli.lifetime import follow, leave_when_asked
from atelier.cli.listening import listen
from atelier.cli.logs import begin_log
from atelier.cli.opening import holding_database, serves
from atelier.people.settings import PeopleSettings
from atelier.settings import Settings, load
from atelier.spine import Studio
from atelier.web.serving import serving

app = typer.Typer()


class NotReady(AtelierError):
    """A blocker of the audit fails; the message names each."""

    code = "not_ready"
    status = 503


@app.command()
def serve(
    socket_fd: int = typer.Option(-1, "--socket", hidden=True, help="A listening socket that our parent opened."),
    parent: int = typer.Option(0, hidden=True, help="Stop when the process of this id is gone."),
) -> None:
    """Run a web process until it is asked to stop (SIGTERM or Ctrl-C)."""
    leave_when_asked()  # uvicorn stops by itself, then passes the signal on to us
    follow(parent)
    settings = load()
    begin_log(settings)
    listening = socket.socket(fileno=socket_fd) if socket_fd >= 0 else listen(settings)
    with listening, holding_database(settings):
        serves(settings)
        uvloop.run(_serve(settings, listening))


async def _serve(settings: Settings, listening: socket.socket) -> None:
    async with bootstrap.open_studio(settings) as studio:
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            await ledger.set_welcome(db, amount=settings.room(PeopleSettings).welcome_credits)
        application = create_app(studio)
        if settings.production:
            await _refuse_blockers(studio, application)
        config = serving(application, each=studio.connections_per_address, proxies=studio.trusted_proxies)
        await uvicorn.Server(config).serve(sockets=[listening])


async def _refuse_blockers(studio: Studio, application: FastAPI) -> None:
    """Raise `NotReady` if a blocker of the audit fails; it names each, with what mends it."""
    from atelier.ops.audit import blockers

    if found := await blockers(studio, application):
        faults = "\n".join(f"{result.id}: {result.evidence} {result.remedy}" for result in found)
        raise NotReady(f"In production the studio does not open while a check of its audit fails:\n{faults}")
