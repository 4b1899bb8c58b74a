"""The kind `sketch`: a painter without any neural model."""

from atelier.base.source_type import SourceType
from atelier.engines.child import ChildEngine
from atelier.engines.kind import EngineKind, Occupies

KIND = EngineKind(
    id="sketch",
    open=lambda entry, machine: ChildEngine("atelier.engines.local.sketch_engine:SketchEngine"),
    occupies=Occupies.PROCESSOR,
    label="A painter, no neural model",
    icon="brush",
    lexicon=True,
    ready=True,
    source=SourceType.ALGORITHM,
)
