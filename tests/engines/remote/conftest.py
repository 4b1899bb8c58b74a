"""Engines of providers, each beside the stand-in that ships with the studio, in one process without a network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.engines.remote import container as containers
from tests.engines.remote.container import Container, Gate
from tests.engines.work import work

from atelier.base.outgoing import Outgoing
from atelier.demo.faults import Faulty
from atelier.demo.openai import OpenAI
from atelier.demo.replicate import Replicate
from atelier.engines import Engine, Made, Work
from atelier.engines.kind import EngineEntry
from atelier.engines.remote import cog as cogs
from atelier.engines.remote import provider as providers
from atelier.engines.remote.cog import CogEngine
from atelier.engines.remote.openai import OpenAIEngine
from atelier.engines.remote.provider import Provider
from atelier.engines.remote.replicate import ReplicateEngine

KEY = "DEMO_PROVIDER_KEY"


@dataclass(slots=True)
class Remote:
    """An engine, the server that it asks, and what goes wrong there. `behind` is the stand-in itself."""

    engine: Engine
    server: Faulty
    behind: Any
    models: dict[str, str]  # by the tool

    def work(self, tool: str = "image.generate", *, model: str = "", **more: Any) -> Work:
        files = more.pop("files", None)
        resume, costs = more.pop("resume", None), more.pop("costs", None)
        usual: dict[str, Any] = {"count": 1, "seed": 7, "format": "png", "steps": 2}
        usual |= (
            {"prompt": "a red boat", "aspect_ratio": "1:1"} if tool == "image.generate" else {"instruction": "yellow"}
        )
        named = model or self.models[tool]
        return work(tool, usual | more, files=files, resume=resume, provider_model=named, costs=costs)

    async def make(self, work: Work) -> list[Made]:
        return [made async for made in self.engine.make(work)]


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def provider(kind: str, server: Faulty, path: str) -> Provider:
    """A provider whose address leads to `server`."""
    outgoing = Outgoing(transport=httpx.ASGITransport(server), resolve=_here)
    entry = EngineEntry.model_construct(id=f"the-{kind}", kind=kind, url=None, key=f"env:{KEY}", concurrency=None)
    return Provider(entry, outgoing, f"http://provider.test{path}")


def replicate() -> Remote:
    behind = Replicate()
    server = Faulty(behind.app)
    models = {"image.generate": "demo/poster", "image.edit": "demo/recolour"}
    return Remote(ReplicateEngine(provider("replicate", server, "/v1")), server, behind, models)


def openai(model: str = "demo-poster") -> Remote:
    behind = OpenAI()
    server = Faulty(behind.app)
    models = dict.fromkeys(("image.generate", "image.edit"), model)
    return Remote(OpenAIEngine(provider("openai", server, "/v1")), server, behind, models)


def cog(running: Container) -> Remote:
    """A container behind a proxy that asks for a key. It has one model, which nobody names."""
    behind = Gate(running)
    server = Faulty(behind)
    models = dict.fromkeys(("image.generate", "image.edit"), "")
    return Remote(CogEngine(provider("cog", server, "/v1")), server, behind, models)


KINDS: dict[str, Callable[[], Remote]] = {
    "replicate": replicate,
    "openai": openai,
    "openai-own": lambda: openai("gpt-image-1"),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two questions."""
    monkeypatch.setattr(providers, "PAUSES", (0.0,))
    monkeypatch.setattr(cogs, "ASKED_AGAIN", 0.01)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """A Cog server whose model says which inputs it has."""
    if sys.platform != "linux":
        pytest.skip("the package cog is installed on Linux alone")
    with containers.container(tmp_path_factory.mktemp("cog")) as started:
        yield started


@pytest.fixture(params=[*KINDS, "cog"])
def remote(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """Each kind of provider in turn."""
    made = cog(request.getfixturevalue("running")) if request.param == "cog" else KINDS[request.param]()
    monkeypatch.setenv(KEY, made.behind.key)
    return made
