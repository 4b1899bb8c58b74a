"""`atelier make TOOL field=value…`: make something from the command line, through the spine like everybody else."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from atelier.assets import Asset
from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.base.whole import write_whole
from atelier.cli.files import path_of
from atelier.cli.house_member import member_of, pay_for_house
from atelier.cli.job_input import fields, read
from atelier.cli.opening import open_studio
from atelier.cli.problem import problem
from atelier.cli.remote import make_there
from atelier.cli.terminal import DIM, complain, say
from atelier.cli.waiting import Bar, wait_for
from atelier.jobs import Job, State
from atelier.spine import JobRequest, Studio, begin
from atelier.tools import Tool, find

app = typer.Typer()


@app.command()
def make(
    tool: str = typer.Argument(..., help="What to make, as image.generate."),
    words: list[str] = typer.Argument(None, metavar="FIELD=VALUE…", help="The tool's input, as prompt='a red boat'."),
    out: Path = typer.Option(Path("."), "--out", help="The folder that the files go to."),
    model: str = typer.Option("", help="The model; default: the tool's first."),
    email: str = typer.Option("", "--as", help="The member who makes and pays; default: the studio's own."),
    at: str = typer.Option("", "--at", help="Make it in the studio at this address, with the token in ATELIER_TOKEN."),
    as_json: bool = typer.Option(False, "--json", help="Print the job, its state, files and credits as JSON."),
    show_fields: bool = typer.Option(False, "--fields", help="Only show the tool's fields."),
) -> None:
    """Make something and write its files; Ctrl-C cancels the job, with the credits back for what isn't finished."""
    try:
        found = find(tool)
        if show_fields:
            _show(found)
            return
        asked = JobRequest(tool=tool, input=read(found, words or []), model=model or None, source="cli")
        found.parse(asked.input)  # what is wrong with the words needs no studio to say so
        out.mkdir(parents=True, exist_ok=True)
        if at:
            token = os.environ.get("ATELIER_TOKEN", "")
            result = asyncio.run(make_there(asked, out, address=at, token=token, quiet=as_json))
        else:
            result = asyncio.run(_make(asked, out, email, quiet=as_json))
    except AtelierError as error:
        if not as_json:
            raise
        typer.echo(json.dumps(problem(error)))
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(result))
    else:
        _tell(result)
    if result["state"] != State.SUCCEEDED:
        if not as_json:
            complain(str(result["error"]))
        raise typer.Exit(1)


async def _make(asked: JobRequest, out: Path, email: str, *, quiet: bool) -> dict[str, object]:
    async with open_studio() as studio:
        member_id = await member_of(studio, email)
        if not email:
            await pay_for_house(studio, asked)
        async with studio.web_db.transaction(Acting.member(member_id)) as db:
            job_id = await begin(db, studio, member_id, asked)
        with Bar(quiet=quiet) as bar:
            job = await wait_for(studio, member_id, job_id, bar)
        files = await _write(studio, job, out)
    done: dict[str, object] = {
        "job": str(job.id),
        "state": str(job.state),
        "files": [str(file) for file in files],
        "credits": job.charged or 0,
    }
    if job.state != State.SUCCEEDED:
        done["error"] = job.error_message or "It was canceled."
    return done


def _tell(result: dict[str, Any]) -> None:
    for file in result["files"]:
        say(file)
    say(f"{result['credits']} credit{'' if result['credits'] == 1 else 's'}, run {result['job']}", DIM)


async def _write(studio: Studio, job: Job, out: Path) -> list[Path]:
    """Write what the job made into the folder."""
    written = []
    for asset in await _made(studio, job):
        path = path_of(out, job.title, job.id.hex, asset.position, asset.content_type)
        write_whole(path, await studio.assets.store.get(asset.path))
        written.append(path)
    return written


async def _made(studio: Studio, job: Job) -> list[Asset]:
    of_this = select(Asset).where(Asset.job_id == job.id).order_by(Asset.position)
    async with studio.web_db.transaction(Acting.member(job.member_id)) as db:
        return list((await db.execute(of_this)).scalars())


def _show(tool: Tool) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("field", "may be", "what it is for"):
        table.add_column(heading)
    for row in fields(tool):
        table.add_row(*row)
    Console().print(table)
