"""The catalog file: read when it changes, validated as a whole, and never half applied."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from atelier.base.log import get_log
from atelier.catalog.lines import line_of
from atelier.catalog.model import BadCatalog, Model, UnknownModel

DEFAULT = Path(__file__).with_name("default.toml")
LOOK_AGAIN = 1.0  # seconds between two looks at the file


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The models on offer at one moment, in the file's order, and what those lack that cannot work."""

    models: tuple[Model, ...]
    lacks: Mapping[str, str] = field(default_factory=dict)  # by the model's id

    def find(self, model_id: str) -> Model:
        """The model of that id, or `UnknownModel`."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise UnknownModel(f"This studio has no model called {model_id[:80]!r}.")

    def default(self, tool_id: str, off: Collection[str] = ()) -> Model:
        """The first model for a tool that can work and is not `off`."""
        for model in self.ready(tool_id):
            if model.id not in off:
                return model
        raise UnknownModel("No model for this is on offer just now.")

    def of(self, tool_id: str) -> list[Model]:
        """The models for a tool, whether or not they can work."""
        return [model for model in self.models if model.tool == tool_id]

    def ready(self, tool_id: str) -> list[Model]:
        """The models for a tool that have all they need."""
        return [model for model in self.of(tool_id) if model.id not in self.lacks]


class Catalog:
    """The operator's file, watched. A file with a fault leaves the last good models on offer and says so in `fault`.

    `lack(engine, weights)` says why a model cannot work, and is asked again as often as the file is looked at.
    """

    def __init__(
        self,
        path: Path,
        *,
        engines: tuple[str, ...],
        lack: Callable[[str, str], str | None] = lambda _engine, _weights: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.fault: str | None = None
        self._engines = engines
        self._lack = lack
        self._clock = clock
        self._looked = clock()
        self._stamp = self._stat()
        self._snapshot = self._tested(read(path, engines))

    @property
    def current(self) -> Snapshot:
        """The models on offer now."""
        if self._clock() - self._looked >= LOOK_AGAIN:
            self._looked = self._clock()
            self._look()
        return self._snapshot

    def _look(self) -> None:
        stamp = self._stat()
        if stamp == self._stamp:
            self._snapshot = self._tested(self._snapshot)
            return
        self._stamp = stamp
        try:
            self._snapshot = self._tested(read(self.path, self._engines))
            self.fault = None
            get_log().info("catalog:applied", models=len(self._snapshot.models))
        except (BadCatalog, OSError) as error:
            self.fault = str(error)
            get_log().error("catalog:refused", reason=self.fault)

    def _tested(self, snapshot: Snapshot) -> Snapshot:
        lacks = {model.id: why for model in snapshot.models if (why := self._lack(model.engine, model.weights))}
        if lacks == snapshot.lacks:
            return snapshot
        for model_id, why in lacks.items():
            get_log().info("catalog:not_ready", model=model_id, reason=why)
        return Snapshot(snapshot.models, lacks)

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read(path: Path, engines: tuple[str, ...]) -> Snapshot:
    """The models in a catalog file; `BadCatalog` names each fault with its line."""
    text = path.read_text()
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCatalog(f"{path.name}: {error}") from None
    faults: list[str] = []
    models: list[Model] = []
    for key in raw.keys() - {"model"}:
        faults.append(f"line {line_of(text, key)}: there is no setting {key!r}; models are written as [[model]]")
    for index, entry in enumerate(raw.get("model", [])):
        try:
            model = Model.model_validate(entry)
        except ValidationError as error:
            faults.extend(_faults(text, index, error))
            continue
        if model.engine not in engines:
            known = ", ".join(engines)
            faults.append(
                f"line {line_of(text, 'engine', index)}: no engine is called {model.engine!r}; there are {known}"
            )
        if model.id in {earlier.id for earlier in models}:
            faults.append(f"line {line_of(text, 'id', index)}: the id {model.id!r} is used twice")
        models.append(model)
    if not models and not faults:
        faults.append("line 1: no [[model]] is in the file, so nothing could be made")
    if faults:
        raise BadCatalog("\n".join(f"{path.name}, {fault}" for fault in faults))
    return Snapshot(tuple(models))


def _faults(text: str, index: int, error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        line = line_of(text, str(fault["loc"][0]) if fault["loc"] else "", index)
        yield f"line {line}: {key + ': ' if key else ''}{message[0].lower()}{message[1:]}"
