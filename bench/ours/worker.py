"""Our worker process, as `atelier work` runs it; `python -m bench.ours.worker CONCURRENCY`."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop

from atelier.base import log
from atelier.worker import work_until
from bench.ours.nothing import studio


async def work(concurrency: int) -> None:
    log.configure(level="INFO", as_json=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with studio() as opened:
        await work_until(opened, stop, concurrency=concurrency)


if __name__ == "__main__":
    uvloop.run(work(int(sys.argv[1])))
