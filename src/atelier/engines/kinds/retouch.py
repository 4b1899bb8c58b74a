"""The kind `retouch`: classical edits of a picture, by operations and without any neural model."""

from __future__ import annotations

from atelier.base.source_type import SourceType
from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    from atelier.engines.local.retouch_engine import RetouchEngine

    return RetouchEngine()


KIND = EngineKind(
    id="retouch",
    open=_open,
    occupies=Occupies.PROCESSOR,
    label="Classical tools, no neural model",
    icon="pencil",
    ready=True,
    source=SourceType.EDITED,
)
