"""The engines of this release, opened when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from atelier.engines.child import ChildEngine
from atelier.engines.engine import Engine

SKETCH = "atelier.engines.local.sketch_engine:SketchEngine"

ENGINES: dict[str, Callable[[], Engine]] = {
    "sketch": lambda: ChildEngine(SKETCH),
}


class Engines:
    """The engines that a worker has open. Queues have the engines' names."""

    def __init__(self, known: Mapping[str, Callable[[], Engine]] | None = None) -> None:
        self._known = dict(ENGINES if known is None else known)
        self._open: dict[str, Engine] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._known)

    def get(self, engine_id: str) -> Engine:
        """The engine of that id; `KeyError` if this release has none."""
        if engine_id not in self._open:
            self._open[engine_id] = self._known[engine_id]()
        return self._open[engine_id]

    async def close(self) -> None:
        for engine in self._open.values():
            await engine.close()
        self._open.clear()
