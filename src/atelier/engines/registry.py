"""The engines that can be used here: those that need no entry, and those of the operator's catalog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from atelier.engines.engine import Engine, Standing, Stands
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies, gpus, kinds
from atelier.engines.webhooks import Webhooks
from atelier.engines.weights.whole import recorded


class Lane(NamedTuple):
    """Engines whose jobs share `places`: at most so many of them run at a time in one worker."""

    engines: tuple[str, ...]
    places: int


class Engines:
    """The engines of this process by their ids, opened when they are first needed. Queues have the engines' ids.

    What an engine of `elsewhere` needs is on the hosts of other workers, and not looked for here. `given` opens
    engines that are no kind's, as tests and benches bring them.
    """

    def __init__(
        self,
        machine: Machine | None = None,
        *,
        elsewhere: Collection[str] = (),
        given: Mapping[str, Callable[[], Engine]] | None = None,
    ) -> None:
        self.machine = machine or Machine()
        self._elsewhere = frozenset(elsewhere)
        self._ready = _given(given) if given is not None else _ready()
        self._engines = dict(self._ready)
        self._open: dict[str, tuple[EngineEntry, Engine]] = {}
        self._retired: list[Engine] = []

    def configure(self, entries: Sequence[EngineEntry]) -> None:
        """Use the engines of a catalog beside those that need no entry. One whose entry changed is opened anew.

        What an engine is just making goes on to its end.
        """
        self._engines = {**self._ready, **{entry.id: (entry, kinds()[entry.kind]) for entry in entries}}
        for engine_id, (entry, engine) in list(self._open.items()):
            if self._engines.get(engine_id, (None,))[0] != entry:
                self._retired.append(engine)
                del self._open[engine_id]

    @property
    def webhooks(self) -> Webhooks:
        """Where providers call back, and which engines wait for that."""
        return self.machine.webhooks

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._engines)

    def kind(self, engine_id: str) -> EngineKind | None:
        """The kind of an engine; None for one that is gone."""
        return self._engines[engine_id][1] if engine_id in self._engines else None

    def get(self, engine_id: str) -> Engine:
        """The engine of that id; `KeyError` if there is none, `Unfit` if its key is gone."""
        if engine_id not in self._open:
            entry, kind = self._engines[engine_id]
            self._open[engine_id] = entry, kind.open(entry, self.machine)
        return self._open[engine_id][1]

    def entry(self, engine_id: str) -> EngineEntry | None:
        """How the catalog configures an engine; None for one that is gone."""
        return self._engines[engine_id][0] if engine_id in self._engines else None

    @property
    def ready(self) -> tuple[str, ...]:
        """The engines that need no entry in the catalog."""
        return tuple(self._ready)

    def place(self, weights: str) -> Path:
        """Where weights lie that a catalog names: below the first root that has them."""
        return self.machine.place(weights)

    def licence(self, weights: str) -> str | None:
        """The licence that the manifest of these weights gave when they were fetched; None where none is recorded."""
        return recorded(self.place(weights))

    def lack(self, engine_id: str, weights: str) -> str | None:
        """Why a model of this engine with these weights cannot work, and what mends it; None if it can."""
        if engine_id in self._elsewhere:
            return None
        entry, kind = self._engines[engine_id]
        return kind.lack(entry, self.machine, weights)

    @property
    def able(self) -> tuple[str, ...]:
        """The engines that can work on this host, so that its worker leaves others' jobs to those that can."""
        return tuple(name for name, (entry, kind) in self._engines.items() if not kind.lack(entry, self.machine, None))

    def lanes(self, served: Sequence[str], places: int) -> list[Lane]:
        """How a worker divides the engines that it serves, with `places` for light work on the processor.

        Engines that share a device share one lane, with a place for each GPU, or one in all where there is none. An
        engine that only waits for a machine elsewhere takes no other's place.
        """
        known = {name: self._engines[name] for name in served if name in self._engines}
        light = tuple(name for name, (_, kind) in known.items() if kind.occupies is Occupies.PROCESSOR)
        device = tuple(name for name, (_, kind) in known.items() if kind.occupies is Occupies.DEVICE)
        shared = [Lane(light, places), Lane(device, max(1, gpus()))]
        waiting = [
            Lane((name,), entry.concurrency or kind.concurrency)
            for name, (entry, kind) in known.items()
            if kind.occupies is Occupies.NOTHING
        ]
        return [lane for lane in (*shared, *waiting) if lane.engines]

    def standings(self) -> dict[str, Standing]:
        """How the engines that compute here are which this process has opened."""
        return {name: engine.standing() for name, (_, engine) in self._open.items() if isinstance(engine, Stands)}

    async def close(self) -> None:
        for engine in (*(engine for _, engine in self._open.values()), *self._retired):
            await engine.close()
        self._open.clear()
        self._retired.clear()


def _ready() -> dict[str, tuple[EngineEntry, EngineKind]]:
    return {kind.id: (EngineEntry(id=kind.id, kind=kind.id), kind) for kind in kinds().values() if kind.ready}


def _given(given: Mapping[str, Callable[[], Engine]]) -> dict[str, tuple[EngineEntry, EngineKind]]:
    def kind(name: str, open: Callable[[], Engine]) -> EngineKind:
        return EngineKind(name, lambda entry, machine: open(), Occupies.PROCESSOR, label=name)

    return {name: (EngineEntry.model_construct(id=name, kind=name), kind(name, open)) for name, open in given.items()}
