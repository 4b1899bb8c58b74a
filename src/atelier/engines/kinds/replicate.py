"""The kind `replicate`: models at Replicate, or at a server that speaks its protocol."""

from __future__ import annotations

from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies
from atelier.tools import find

USUAL = "https://api.replicate.com/v1"


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.remote.provider import Provider
    from atelier.engines.remote.replicate import ReplicateEngine

    return ReplicateEngine(Provider.of(entry, machine, usual=USUAL))


def _extras(tool: str, family: str) -> frozenset[str]:
    return find(tool).extras  # its own schema says which it has; the engine refuses the others by their names


KIND = EngineKind(
    id="replicate",
    open=_open,
    occupies=Occupies.NOTHING,
    extras=_extras,
    label="A model at a provider",
    icon="cloud",
    provider="Replicate",
    usual_url=USUAL,
    needs_key=True,
    needs_model=True,
    webhooks=True,
)
