"""The kind `cog`: a model in a Cog container, on the operator's own machines or anywhere else."""

from __future__ import annotations

from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies
from atelier.tools import find


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.remote.cog import CogEngine
    from atelier.engines.remote.provider import Provider

    return CogEngine(Provider.of(entry, machine))


def _extras(tool: str, family: str) -> frozenset[str]:
    return find(tool).extras  # its own schema says which it has; the engine refuses the others by their names


KIND = EngineKind(
    id="cog",
    open=_open,
    occupies=Occupies.NOTHING,
    extras=_extras,
    label="A model in a container",
    icon="cloud",
    provider="A Cog container",
    concurrency=1,
    needs_url=True,
)
