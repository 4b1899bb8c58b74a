"""A stand-in for a provider on a real socket, and the catalog that names it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from atelier.demo.faults import Faulty
from atelier.demo.replicate import Replicate

CATALOG = """
[[engine]]
id = "there"
kind = "replicate"
url = "{url}/v1"
key = "file:{key}"

[[model]]
id = "poster"
name = "Poster"
tool = "image.generate"
engine = "there"
provider_model = "demo/poster"
licence = "CC0-1.0"
deadline = 30
price = {{ pictures = 2 }}
cost = {{ pictures = "0.003" }}
"""


@dataclass(slots=True)
class There:
    """The stand-in, what goes wrong at it, and its address."""

    behind: Replicate
    server: Faulty
    url: str

    def catalog(self, key: str) -> str:
        return CATALOG.format(url=self.url, key=key)

    @property
    def created(self) -> int:
        """How many predictions were asked for."""
        return len([each for each in self.server.asked if each.startswith("POST") and each.endswith("/predictions")])


@asynccontextmanager
async def provider() -> AsyncIterator[There]:
    """The stand-in on a port of its own, for as long as the block lasts."""
    behind = Replicate()
    faulty = Faulty(behind.app)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(faulty, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield There(behind, faulty, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        behind.held.set()
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listening.close()
