"""`atelier operator`: a way back in for an operator who has lost every way to sign in."""

from __future__ import annotations

import asyncio

import typer

from atelier.cli.opening import open_studio
from atelier.cli.terminal import BOLD, DIM, say
from atelier.people.factors.lost import recover as recover_operator

app = typer.Typer(help="Let an operator in again.", no_args_is_help=True, add_completion=False)


@app.callback()
def _operator() -> None:
    pass


@app.command()
def recover(
    email: str = typer.Argument(..., help="The operator's e-mail."),
    why: str = typer.Option(..., "--why", help="The reason, for the trail: at most 200 characters."),
    yes: bool = typer.Option(False, "--yes", help="Don't ask."),
) -> None:
    """Remove an operator's second factors, sign them out everywhere, and print a link that sets a new password.

    Whoever can read the data folder can call this; the trail records it, and the operator is told by mail.
    """
    if not yes:
        typer.confirm(
            f"Remove every second factor of {email}, sign them out everywhere, and make a link for a new password?",
            abort=True,
        )
    link = asyncio.run(_recover(email, why))
    say("Open this link within an hour; it works once, and sets a new password:")
    say(link, BOLD)
    say("Then sign in with that password, and set up a second factor again.", DIM)


async def _recover(email: str, why: str) -> str:
    async with open_studio() as studio:
        return await recover_operator(
            studio.operator_db, studio.web_db, studio.accounts, studio.origin, email=email, why=why
        )
