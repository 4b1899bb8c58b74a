"""`atelier open`: the whole studio from one terminal, until Ctrl-C closes it."""

from __future__ import annotations

import typer

from atelier.cli.terminal import complain
from atelier.settings import load, unknown

app = typer.Typer()


@app.command(name="open")
def open_(
    logs: bool = typer.Option(False, "--logs", help="Show the logs here instead of keeping them in the data folder."),
) -> None:
    """Open the studio: database, web and worker, until Ctrl-C closes it."""
    from atelier.cli.supervisor import Supervisor

    settings = load()
    for slip in unknown():
        complain(slip)
    raise typer.Exit(Supervisor(settings, logs_here=logs).run())
