"""The kind `cog`: a model in a Cog container, on the operator's own machines or anywhere else."""

from __future__ import annotations

from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.remote.cog import CogEngine
    from atelier.engines.remote.provider import Provider

    return CogEngine(Provider.of(entry, machine))


KIND = EngineKind(
    id="cog",
    open=_open,
    occupies=Occupies.NOTHING,
    label="A model in a container",
    icon="cloud",
    provider="A Cog container",
    concurrency=1,
    needs_url=True,
)
