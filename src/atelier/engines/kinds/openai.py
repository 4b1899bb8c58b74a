"""The kind `openai`: pictures by OpenAI, or by any server that speaks its image API."""

from __future__ import annotations

from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies

USUAL = "https://api.openai.com/v1"


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.remote.openai import OpenAIEngine
    from atelier.engines.remote.provider import Provider

    return OpenAIEngine(Provider.of(entry, machine, usual=USUAL))


KIND = EngineKind(
    id="openai",
    open=_open,
    occupies=Occupies.NOTHING,
    extras=lambda tool, family: frozenset({"references", "mask"} if tool == "image.edit" else ()),
    label="A model at a provider",
    icon="cloud",
    provider="OpenAI, or a server with the same API",
    usual_url=USUAL,
    needs_model=True,
)
