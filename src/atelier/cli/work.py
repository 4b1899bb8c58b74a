"""`atelier work`: a worker."""

from __future__ import annotations

import asyncio
import signal

import typer
import uvloop

from atelier import bootstrap
from atelier.base.text import listed
from atelier.cli.lifetime import follow, leave_when_asked
from atelier.cli.logs import begin_log
from atelier.cli.opening import holding_database, serves
from atelier.engines.settings import EngineSettings
from atelier.settings import Settings, load
from atelier.worker import work_until

app = typer.Typer()


@app.command()
def work(
    queues: str = typer.Option("", help="Engines to serve, with commas. Default: ATELIER_WORKER_QUEUES, then all."),
    concurrency: int = typer.Option(0, min=0, max=64, help="Jobs at a time. Default: ATELIER_WORKER_CONCURRENCY."),
    parent: int = typer.Option(0, hidden=True, help="Stop when the process of this id is gone."),
) -> None:
    """Run a worker until it is asked to stop (SIGTERM or Ctrl-C). Running jobs get a moment, then go back."""
    leave_when_asked()
    follow(parent)
    settings = load()
    begin_log(settings)
    wanted = listed(queues) or list(settings.room(EngineSettings).worker_queues)
    with holding_database(settings):
        serves(settings)
        uvloop.run(_work(settings, wanted, concurrency or settings.worker_concurrency))


async def _work(settings: Settings, queues: list[str], concurrency: int) -> None:
    stop = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    async with bootstrap.open_studio(settings) as studio:
        await work_until(studio, stop, queues=queues, concurrency=concurrency)
