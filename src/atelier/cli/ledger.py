"""`atelier ledger`: prove that the books balance, read a member's statement, grant credits."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.base.ids import new_id
from atelier.cli.opening import open_studio
from atelier.cli.terminal import GREEN, RED, say
from atelier.ledger import Balance, Line, Report
from atelier.ledger.rules import memo_of
from atelier.people.tables import Member
from atelier.web.formats import credits

app = typer.Typer(help="Check the ledger, read statements, grant credits.", no_args_is_help=True, add_completion=False)


@app.command()
def check(as_json: bool = typer.Option(False, "--json", help="Print the report as JSON.")) -> None:
    """Recompute every balance, transfer and hold; exit 1 when something does not agree."""
    report = asyncio.run(_check())
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        read = f"{report.accounts:,} accounts and {report.postings:,} postings"
        say(f"The ledger balances: {read}." if report.balanced else f"The ledger does not balance: {read}.")
        for difference in report.differences:
            say(f"  {difference}", RED)
    if not report.balanced:
        raise typer.Exit(1)


@app.command()
def statement(
    who: str = typer.Argument(..., metavar="EMAIL|ID", help="Whose wallet."),
    limit: int = typer.Option(50, min=1, max=1000, help="How many lines, the newest first."),
    as_json: bool = typer.Option(False, "--json", help="Print the statement as JSON."),
) -> None:
    """Show what a member has, and every change of it."""
    member, now, lines = asyncio.run(_statement(who, limit))
    if as_json:
        told = {"member": member.id, "email": member.email, **asdict(now), "lines": [asdict(line) for line in lines]}
        typer.echo(json.dumps(told, default=str))
        return
    held = f", and {now.held:,} held for jobs" if now.held else ""
    say(f"{member.email} has {credits(now.available)}{held}.")
    if lines:
        Console().print(_table(lines))


@app.command()
def grant(
    who: str = typer.Argument(..., metavar="EMAIL|ID", help="To whom."),
    amount: int = typer.Argument(..., min=1, help="How many credits."),
    memo: str = typer.Option("", help="What their statement says of it."),
    key: str = typer.Option("", help="Grants of the same key happen once, however often they are asked for."),
) -> None:
    """Give a member credits."""
    email, now, new = asyncio.run(_grant(who, amount, memo, key))
    given = f"{email} is given {credits(amount)}" if new else f"{email} was given this before"
    say(f"{given} and has {credits(now.available)}.", GREEN if new else "")


async def _check() -> Report:
    async with open_studio() as studio, studio.operator_db.transaction(Acting.for_studio()) as db:
        return await ledger.check(db)


async def _statement(who: str, limit: int) -> tuple[Member, Balance, list[Line]]:
    async with open_studio() as studio, studio.operator_db.transaction(Acting.for_studio()) as db:
        member = await _find(db, who)
        now = await ledger.balance(db, member_id=member.id)
        return member, now, await ledger.statement(db, member_id=member.id, limit=limit)


async def _grant(who: str, amount: int, memo: str, key: str) -> tuple[str, Balance, bool]:
    words = memo_of(memo) or None
    async with open_studio() as studio, studio.operator_db.transaction(Acting.for_studio()) as db:
        member = await _find(db, who)
        new = await ledger.grant(db, member_id=member.id, amount=amount, key=key or f"cli:{new_id()}", memo=words)
        return member.email, await ledger.balance(db, member_id=member.id), new


async def _find(db: AsyncSession, who: str) -> Member:
    """The member of that id or e-mail."""
    try:
        named = Member.id == UUID(who)
    except ValueError:
        named = func.lower(Member.email) == who.strip().lower()
    member = (await db.execute(select(Member).where(named))).scalar_one_or_none()
    if member is None:
        raise NotFound("member", f"There is no member {who} here.")
    return member


def _table(lines: list[Line]) -> Table:
    table = Table("When", "What", "For", box=None, pad_edge=False)
    table.add_column("Credits", justify="right")
    table.add_column("Left", justify="right")
    for line in lines:
        table.add_row(
            f"{line.at:%Y-%m-%d %H:%M}",
            line.kind if line.hold is None else f"{line.kind} ({line.hold})",
            line.memo or (f"job {line.job_id}" if line.job_id else ""),
            f"{line.amount:+,}",
            f"{line.balance:,}",
        )
    return table
