"""`atelier audit`: proves that the studio is ready, check by check."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import typer
from rich.console import Console

from atelier.app import create_app
from atelier.cli.opening import open_studio
from atelier.ops.audit import CHECKS, Report, Result, audit

app = typer.Typer()


@app.command(name="audit")
def audit_(
    as_json: bool = typer.Option(False, "--json", help="Print the report as JSON."),
    as_markdown: bool = typer.Option(False, "--markdown", help="Print the report as Markdown."),
    as_html: bool = typer.Option(False, "--html", help="Print the report as a page."),
    only: str = typer.Option("", help="Ids of checks, or how they begin, with commas. Default: all."),
) -> None:
    """Prove that the studio is ready, check by check. Safe while it runs. Exits with 1 when a blocker fails."""
    began = time.monotonic()
    wanted = _chosen(only)
    quiet = as_json or as_markdown or as_html
    report = asyncio.run(_audit(wanted, quiet))
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    elif as_markdown:
        typer.echo(report.as_markdown(), nl=False)
    elif as_html:
        typer.echo(report.as_html(), nl=False)
    else:
        Console(highlight=False).print(f"\n{report.summary} It took {time.monotonic() - began:.0f} s.", style="bold")
    if not report.ready:
        raise typer.Exit(1)


def _chosen(only: str) -> set[str]:
    begins = tuple(filter(None, only.replace(" ", "").split(",")))
    chosen = {check.id for check in CHECKS if not begins or check.id.startswith(begins)}
    if not chosen:
        raise typer.BadParameter(f"no check is called {only}", param_hint="--only")
    return chosen


async def _audit(only: set[str], quiet: bool) -> Report:
    async with open_studio() as studio:
        if not studio.debug:  # what the checks provoke is logged as if it were real, and would only frighten here
            logging.getLogger().handlers[:] = [logging.NullHandler()]
        app = create_app(studio)
        if quiet:
            return await audit(studio, app, only=only)
        console = Console(highlight=False, soft_wrap=True)
        with console.status("Looking …"):
            return await audit(studio, app, only=only, done=lambda result: _show(console, result))


def _show(console: Console, result: Result) -> None:
    if result.passed:
        mark, style = "✓", "green"
    else:
        mark, style = ("✗", "red") if result.blocks else ("!", "yellow")
    console.print(f"[{style}]{mark}[/] {result.title} [dim]{result.id}[/]")
    console.print(f"  {result.evidence}", style="dim" if result.passed else "", markup=False)
    if not result.passed:
        console.print(f"  {result.remedy}", style=style, markup=False)
