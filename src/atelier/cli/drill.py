"""`atelier drill`: rehearses disasters in a studio of its own, and verifies that nothing was lost."""

from __future__ import annotations

import asyncio
import json
import secrets

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from atelier.base import log
from atelier.cli.terminal import say
from atelier.ops.drill import Outcome, Plan, Standing
from atelier.ops.drill import crash as crash_drill

app = typer.Typer(help="Rehearse disasters, and verify that nothing was lost.", no_args_is_help=True)


@app.callback()
def _drill() -> None:
    pass


@app.command()
def crash(
    jobs: int = typer.Option(60, min=1, max=5000, help="Jobs to run."),
    seed: int = typer.Option(-1, help="Repeat the chances of an earlier drill. Default: new ones."),
    database: bool = typer.Option(False, "--database", help="Kill the database server too."),
    as_json: bool = typer.Option(False, "--json", help="Print the outcome as JSON."),
) -> None:
    """Run jobs in a temporary studio while its processes are killed at random, then read the books.

    Your own studio is not touched. Exits with 1 when anything is lost, happened twice, or a credit is missing.
    """
    log.configure(level="CRITICAL", as_json=False)
    plan = Plan(jobs, secrets.randbelow(1_000_000) if seed < 0 else seed, database, patience=180.0 + jobs * 2)
    outcome = asyncio.run(crash_drill(plan)) if as_json else _shown(plan)
    if as_json:
        typer.echo(json.dumps(outcome.as_json(), indent=2))
    if not outcome.passed:
        raise typer.Exit(1)


def _shown(plan: Plan) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Opening a studio for the drill …", total=plan.jobs)

        def told(standing: Standing) -> None:
            words = f"{standing.acknowledged} jobs sent, {standing.kills} kills"
            progress.update(bar, description=words, completed=min(standing.ended, plan.jobs))

        outcome = asyncio.run(crash_drill(plan, told))
    states = ", ".join(f"{count} {state}" for state, count in sorted(outcome.states.items()))
    say(f"{outcome.jobs} jobs ({states}) and {outcome.kills} kills in {outcome.seconds} s, seed {outcome.seed}.")
    say(
        f"{outcome.lost} lost, {outcome.doubled} doubled, {outcome.credits_off} credits off,"
        f" {outcome.orphans} processes left behind: {'passed' if outcome.passed else 'NOT passed'}."
    )
    for fault in outcome.faults[:20]:
        say(f"  {fault}")
    return outcome
