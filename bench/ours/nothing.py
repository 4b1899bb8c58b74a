"""A tool that makes nothing, the engine for it, and the catalog that offers it for one credit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import Field

from atelier import tools
from atelier.base.kinds import TEXT
from atelier.bootstrap import open_studio
from atelier.engines import Made, Usage, Work
from atelier.settings import load
from atelier.spine import Studio
from atelier.tools import Amounts, Tool, ToolInput

CATALOG = """[[model]]
id = "nothing"
name = "Nothing"
tool = "nothing.make"
engine = "nothing"
licence = "Apache-2.0"
price = { calls = 1 }
"""


class Nothing(Tool):
    """Takes its time and leaves no file."""

    id = "nothing.make"
    name = "Nothing"
    yields = TEXT
    units = ("calls",)

    class Input(ToolInput):
        seconds: float = Field(0, ge=0, le=10)

    def most(self, input: Input) -> Amounts:
        return {"calls": 1}

    def expected(self, input: Input) -> int:
        return 0

    def title(self, input: Input) -> str:
        return "Nothing"


class NothingEngine:
    """Waits for as long as it is told."""

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        if work.input["seconds"]:
            await asyncio.sleep(work.input["seconds"])
        yield Usage({"calls": 1})

    async def close(self) -> None:
        return


def write_catalog(folder: Path) -> None:
    """Offer nothing, in a data folder."""
    (folder / "catalog.toml").write_text(CATALOG)


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """The studio of the environment's settings, which can make nothing."""
    tools.offer(Nothing())
    async with open_studio(load(), engines={"nothing": NothingEngine}) as opened:
        yield opened
