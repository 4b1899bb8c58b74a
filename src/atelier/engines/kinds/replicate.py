"""The kind `replicate`: models at Replicate, or at a server that speaks its protocol."""

from __future__ import annotations

from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies

USUAL = "https://api.replicate.com/v1"


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.remote.provider import Provider
    from atelier.engines.remote.replicate import ReplicateEngine

    return ReplicateEngine(Provider.of(entry, machine, usual=USUAL))


KIND = EngineKind(
    id="replicate",
    open=_open,
    occupies=Occupies.NOTHING,
    label="A model at a provider",
    icon="cloud",
    provider="Replicate",
    usual_url=USUAL,
    needs_key=True,
    needs_model=True,
    webhooks=True,
)
