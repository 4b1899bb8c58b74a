"""The web process and the worker apply an edit of the catalog by themselves, whoever asks for it or nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from atelier.app import create_app
from atelier.spine import Studio
from atelier.worker import work_until


@asynccontextmanager
async def web(studio: Studio) -> AsyncIterator[None]:
    app = create_app(studio)
    async with app.router.lifespan_context(app):
        yield


@asynccontextmanager
async def worker(studio: Studio) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(work_until(studio, stop))
    try:
        async with studio.signals.running():
            yield
    finally:
        stop.set()
        await working


@pytest.mark.parametrize("process", [web, worker])
async def test_a_process_watches_the_catalog(
    studio: Studio, process: Callable[[Studio], AbstractAsyncContextManager[None]]
) -> None:
    before = studio.catalog.current
    async with process(studio), asyncio.timeout(20):
        with studio.catalog.path.open("a") as out:
            out.write("\n# edited\n")
        while studio.catalog.current is before:
            await asyncio.sleep(0.05)
    assert studio.catalog.current.models == before.models
