"""The engines of this release, opened when they are first needed, and what each needs to work here."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from atelier.engines import weights
from atelier.engines.child import IDLE, ChildEngine
from atelier.engines.engine import Engine

SKETCH = "atelier.engines.local.sketch_engine:SketchEngine"
DIFFUSERS = "atelier.engines.local.diffusers_engine:DiffusersEngine"
LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")

# Nothing is fetched from anywhere; and threads that wait for each other sleep, for where others compute as well
# spinning ones make a picture take ten times as long (docs/decisions/engine-diffusers.md).
CALM = {
    "HF_HUB_OFFLINE": "1",
    "DIFFUSERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "passive",
    "KMP_BLOCKTIME": "0",
}


def release(*, idle: float = IDLE, threads: int = 0) -> dict[str, Callable[[], Engine]]:
    """How each engine of this release is opened. `idle` in seconds; `threads` 0 is one for each processor core."""
    calm = {**CALM, "OMP_NUM_THREADS": str(threads or os.cpu_count() or 1)}
    return {
        "sketch": lambda: ChildEngine(SKETCH),
        "diffusers": lambda: ChildEngine(DIFFUSERS, idle=idle, environment=calm),
    }


class Engines:
    """The engines that a worker has open. Queues have the engines' names.

    `roots` are the folders in which a model's weights are looked for, in order. What an engine of `elsewhere` needs is
    on the hosts of other workers, and not looked for here. Without `local` no neural model runs here.
    """

    def __init__(
        self,
        known: Mapping[str, Callable[[], Engine]] | None = None,
        *,
        roots: Sequence[Path] = (),
        elsewhere: Collection[str] = (),
        local: bool = True,
    ) -> None:
        self._known = dict(release() if known is None else known)
        self._roots = tuple(roots)
        self._elsewhere = frozenset(elsewhere)
        self._local = local
        self._open: dict[str, Engine] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._known)

    def get(self, engine_id: str) -> Engine:
        """The engine of that id; `KeyError` if this release has none."""
        if engine_id not in self._open:
            self._open[engine_id] = self._known[engine_id]()
        return self._open[engine_id]

    def place(self, named: str) -> Path:
        """Where weights lie that a catalog names: below the first root that has them."""
        places = [root / named for root in self._roots] or [Path(named)]
        return next((place for place in places if place.exists()), places[-1])

    def lack(self, engine_id: str, named: str) -> str | None:
        """Why a model of this engine with these weights cannot work, and what mends it; None if it can."""
        if engine_id != "diffusers" or engine_id in self._elsewhere:
            return None
        return self._unable(engine_id) or weights.lack(self.place(named))

    @property
    def able(self) -> tuple[str, ...]:
        """The engines that can work on this host, so that its worker leaves others' jobs to those that can."""
        return tuple(engine_id for engine_id in self._known if not self._unable(engine_id))

    def _unable(self, engine_id: str) -> str | None:
        if engine_id != "diffusers":
            return None
        if not self._local:
            return "Models that run here are left out (ATELIER_EXTRAS=none)."
        absent = next((library for library in LIBRARIES if find_spec(library) is None), None)
        return f"{absent} is not installed. `bin/setup local` brings it." if absent else None

    async def close(self) -> None:
        for engine in self._open.values():
            await engine.close()
        self._open.clear()
