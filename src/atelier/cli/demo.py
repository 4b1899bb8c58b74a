"""`atelier demo`: servers that stand in for others, for trying the studio without an account anywhere."""

from __future__ import annotations

import socket

import typer
import uvicorn
import uvloop

from atelier.cli.lifetime import leave_when_asked
from atelier.cli.listening import CannotListen, who_listens
from atelier.cli.terminal import say
from atelier.demo import providers as stand_ins
from atelier.settings import load

HOST = "127.0.0.1"

app = typer.Typer(help="Stand in for others.", no_args_is_help=True, add_completion=False)


@app.callback()
def _demo() -> None:
    pass


@app.command()
def providers(
    port: int = typer.Option(8790, min=0, max=65535, help="The port on this machine; 0: any that is free."),
) -> None:
    """Stand in for providers of pictures, until Ctrl-C: they paint by themselves and cost nothing.

    Prints what to add to the catalog file, so that the studio uses them. They answer this machine alone.
    """
    leave_when_asked()
    folder = load().home / "demo"
    with _listen(port) as listening:
        stand_ins.write_keys(folder)
        origin = f"http://{HOST}:{listening.getsockname()[1]}"
        say(f"# Stand-ins for Replicate and OpenAI answer at {origin} until Ctrl-C.")
        say(f"# Their keys were written to {folder}, and are no secrets.")
        say("# Add what follows to the catalog file (catalog.toml in the data folder):")
        say()
        say(stand_ins.catalog(origin, folder.absolute()))
        config = uvicorn.Config(stand_ins.app(), log_level="warning", lifespan="off")
        uvloop.run(uvicorn.Server(config).serve(sockets=[listening]))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise CannotListen(
            f"Port {port} of this machine cannot be listened on: {(error.strerror or str(error)).lower()}"
            f"{who_listens(port)}. Choose another with --port."
        ) from error
