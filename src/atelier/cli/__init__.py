"""The command line: `atelier COMMAND`. Each command is a module here, imported only when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from atelier import __version__
from atelier.base.errors import AtelierError
from atelier.cli.terminal import complain

# Command → what it is for; its module has the same name, and a Typer called `app` in it.
COMMANDS = {
    "open": "Open the studio: database, web and worker, until Ctrl-C closes it.",
    "make": "Make something with a tool, and write its files.",
    "serve": "Run a web process.",
    "work": "Run a worker.",
    "migrate": "Bring the database to this release's shape, or back.",
    "ledger": "Check the ledger.",
    "models": "List, fetch, add and remove models' weights.",
    "audit": "Prove that the studio is ready, check by check.",
    "drill": "Rehearse disasters, and verify that nothing was lost.",
    "backup": "Write database and files into one archive while the studio runs.",
    "restore": "Fill an empty data folder from an archive.",
    "operator": "Let an operator in again who has lost every way to sign in.",
    "erased": "List who was erased, to be applied to a restored backup.",
    "demo": "Stand in for providers of pictures, to try the studio without an account there.",
    "docs": "Write the generated pages of the documentation.",
}
HIDDEN = {"prepare"}  # what `open` calls; of no use by hand


class Commands(TyperGroup):
    """Knows every command by name, and imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in COMMANDS and name not in HIDDEN:
            return super().resolve_command(ctx, args)  # says so, and what it may have meant
        command = typer.main.get_command(import_module(f"atelier.cli.{name}").app)
        command.name = name
        return name, command, args[1:]


app = typer.Typer(
    name="atelier",
    cls=Commands,
    help="Atelier, a self-hosted studio for generative media.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"atelier {__version__}")
        raise typer.Exit


@app.callback()
def _atelier(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Say which release."),
) -> None:
    pass


def main() -> None:
    """Run the command line: an error is one sentence on standard error and exit status 1 (2 for wrong usage)."""
    try:
        app(prog_name="atelier")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output has gone; the interpreter must not complain of it on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("ATELIER_DEBUG", "").lower() in ("1", "true", "yes", "on"):
            raise
        complain(sentence(error))
        sys.exit(1)


def sentence(error: Exception) -> str:
    """What to tell a person of an error."""
    if isinstance(error, AtelierError):
        faults = getattr(error, "faults", {})
        return "\n".join(faults.values()) or error.message
    if "No space left on device" in str(error):
        return "The disk is full. Free some room and try again; nothing was lost."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    cause = str(error).strip().splitlines()
    detail = f"{type(error).__name__}: {cause[0]}" if cause else type(error).__name__
    if type(error).__module__.partition(".")[0] in ("asyncpg", "psycopg", "sqlalchemy"):
        return f"The database did not do what was asked. {detail}"
    return f"Something broke. {detail} (ATELIER_DEBUG=1 shows where.)"
