"""The catalog file: read again when it changes, validated as a whole, and never half applied."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from atelier.base.log import get_log
from atelier.catalog.lines import line_of
from atelier.catalog.model import BadCatalog, Model, UnknownModel, forbids_selling
from atelier.engines.kind import EngineEntry, EngineKind, kinds

DEFAULT = Path(__file__).with_name("default.toml")
LOOK_EVERY = 1.0  # seconds between two looks at the file


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The models on offer at one moment, in the file's order, what those lack that cannot work, and the engines."""

    models: tuple[Model, ...]
    lacks: Mapping[str, str] = field(default_factory=dict)  # by the model's id
    engines: tuple[EngineEntry, ...] = ()

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

    def extras(self, model: Model) -> frozenset[str]:
        """The fields of the model's tool that not every model can use, and this one can."""
        kind = _kind_of(model.engine, self.engines) or kinds().get(model.engine)
        return kind.extras(model.tool, model.family) if kind is not None else frozenset()


class Catalog:
    """The operator's file. A file with a fault leaves the last good models on offer and says so in `fault`.

    `current` only returns what the last look found. A look reads files, and weights as a whole, so `watched` does it in
    a thread, again and again. `configure` gets the engines of a file that is good. `lack(engine, weights)` says why a
    model cannot work, and is asked at each look. `licence(weights)` is the licence that was recorded when weights were
    fetched, if it is known: what the file says of them does not make them sellable.
    """

    def __init__(
        self,
        path: Path,
        *,
        engines: tuple[str, ...],
        lack: Callable[[str, str], str | None] = lambda _engine, _weights: None,
        licence: Callable[[str], str | None] = lambda _weights: None,
        configure: Callable[[Sequence[EngineEntry]], None] = lambda _entries: None,
    ) -> None:
        self.path = path
        self.fault: str | None = None
        self._engines = engines
        self._lack = lack
        self._licence = licence
        self._configure = configure
        self._stamp = self._stat()
        snapshot = read(path, engines, licence)
        configure(snapshot.engines)
        self._snapshot = self._tested(snapshot)

    @property
    def current(self) -> Snapshot:
        """The models on offer, as the last look found them."""
        return self._snapshot

    @contextlib.asynccontextmanager
    async def watched(self, every: float = LOOK_EVERY) -> AsyncIterator[None]:
        """Look at the file again every so many seconds, for as long as the block lasts."""
        watching = asyncio.create_task(self._watch(every), name="catalog")
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                changed = await asyncio.to_thread(self._changed)
                if changed is not None:
                    self._configure(changed.engines)
                self._snapshot = await asyncio.to_thread(self._tested, changed or self._snapshot)
            except Exception as error:  # an unexpected error must not end the watch
                get_log().error("catalog:look_failed", exc_info=error)

    def look(self) -> None:
        """Apply at once what changed in the file or in what its models need. It reads files, so it blocks."""
        changed = self._changed()
        if changed is not None:
            self._configure(changed.engines)
        self._snapshot = self._tested(changed or self._snapshot)

    def _changed(self) -> Snapshot | None:
        """The file's models where the file is another than at the last look, and without a fault."""
        stamp = self._stat()
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            snapshot = read(self.path, self._engines, self._licence)
        except (BadCatalog, OSError) as error:
            self.fault = str(error)
            get_log().error("catalog:refused", reason=self.fault)
            return None
        self.fault = None
        get_log().info("catalog:applied", models=len(snapshot.models))
        return snapshot

    def _tested(self, snapshot: Snapshot) -> Snapshot:
        lacks = {
            model.id: why
            for model in snapshot.models
            if (why := _unsellable(model, self._licence) or self._lack(model.engine, model.weights))
        }
        if lacks == snapshot.lacks:
            return snapshot
        for model_id, why in lacks.items():
            get_log().info("catalog:not_ready", model=model_id, reason=why)
        return replace(snapshot, lacks=lacks)

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _unsellable(model: Model, licence: Callable[[str], str | None]) -> str | None:
    """Why a model must not have its price, by the licence that came with its weights; None if it may."""
    recorded = licence(model.weights) if model.weights and any(model.price.values()) else None
    if recorded is None or not forbids_selling(recorded):
        return None
    return (
        f"its weights came under the licence {recorded}, which forbids selling: write price = {{}} or remove the model"
    )


def read(
    path: Path, engines: tuple[str, ...], licence: Callable[[str], str | None] = lambda _weights: None
) -> Snapshot:
    """The models in a catalog file; `BadCatalog` names each fault with its line."""
    try:
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except UnicodeDecodeError:
        raise BadCatalog(f"{path.name}: it is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadCatalog(f"{path.name}: {error}") from None
    faults: list[str] = []
    models: list[Model] = []
    for key in raw.keys() - {"model", "engine"}:
        wanted = "models are written as [[model]], engines as [[engine]]"
        faults.append(f"line {line_of(text, key)}: there is no setting {key!r}; {wanted}")
    entries = _engines(text, raw.get("engine", []), engines, faults)
    engines = (*engines, *(entry.id for entry in entries))
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
        if (kind := _kind_of(model.engine, entries)) is not None and kind.needs_model and not model.provider_model:
            line = line_of(text, "engine", index)
            faults.append(f"line {line}: provider_model: say what {model.engine} calls this model")
        known_kind = kind or kinds().get(model.engine)
        if known_kind is not None and (names := known_kind.families()) and model.family not in names:
            line = line_of(text, "family" if model.family else "engine", index)
            said = f"no family of models is called {model.family!r}" if model.family else "say of which family it is"
            faults.append(f"line {line}: family: {said}; there are {', '.join(sorted(names))}")
        if unsellable := _unsellable(model, licence):
            faults.append(f"line {line_of(text, 'price', index)}: price: {unsellable}")
        if model.id in {earlier.id for earlier in models}:
            faults.append(f"line {line_of(text, 'id', index)}: the id {model.id!r} is used twice")
        models.append(model)
    if not models and not faults:
        faults.append("line 1: no [[model]] is in the file, so nothing could be made")
    if faults:
        raise BadCatalog("\n".join(f"{path.name}, {fault}" for fault in faults))
    return Snapshot(tuple(models), engines=tuple(entries))


def _kind_of(engine: str, entries: Sequence[EngineEntry]) -> EngineKind | None:
    return next((kinds()[entry.kind] for entry in entries if entry.id == engine), None)


def _engines(text: str, raw: Any, ready: Collection[str], faults: list[str]) -> list[EngineEntry]:
    """The [[engine]] entries that are right; what is wrong with others goes to `faults`."""
    entries: list[EngineEntry] = []
    for index, each in enumerate(raw if isinstance(raw, list) else []):
        try:
            entry = EngineEntry.model_validate(each)
        except ValidationError as error:
            faults.extend(_faults(text, index, error, "engine"))
            continue
        if entry.id in {*ready, *(earlier.id for earlier in entries)}:
            line = line_of(text, "id", index, "engine")
            faults.append(f"line {line}: an engine is called {entry.id!r} already")
        entries.append(entry)
    return entries


def _faults(text: str, index: int, error: ValidationError, table: str = "model") -> Iterator[str]:
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        about = str(fault["loc"][0]) if fault["loc"] else message.partition(":")[0]
        line = line_of(text, about, index, table)
        yield f"line {line}: {key + ': ' if key else ''}{message[0].lower()}{message[1:]}"
