"""What kinds of engine there are, and how the operator's catalog configures an engine of one of them."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from atelier.base.source_type import SourceType
from atelier.base.webhooks import key_of
from atelier.engines.engine import Engine, Unfit
from atelier.engines.webhooks import Webhooks

KEY_SOURCES = ("env:", "file:")


class Occupies(StrEnum):
    """What a job of an engine takes a place of while it runs."""

    PROCESSOR = "processor"  # light work on this machine's processor: as many at a time as the worker may do
    DEVICE = "device"  # a GPU, or the processor where there is none: one job at a time on each
    NOTHING = "nothing"  # it waits for a machine elsewhere: as many at a time as its kind or its entry says


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine gives to engines that compute on it.

    `roots` are the folders in which weights are looked for. Without `local` no neural model runs here. Idle children
    end after `idle` seconds; `threads` of 0 means one for each core. `allowed` names hosts of the operator's own
    network that engines may ask, as `base.addresses` reads them. `webhooks` is where providers call back.
    """

    roots: Sequence[Path] = ()
    local: bool = True
    idle: float = 60.0
    threads: int = 0
    allowed: str = ""
    webhooks: Webhooks = field(default_factory=Webhooks)

    def place(self, weights: str) -> Path:
        """Where weights lie that a catalog names: below the first root that has them."""
        places = [root / weights for root in self.roots] or [Path(weights)]
        return next((place for place in places if place.exists()), places[-1])


class EngineEntry(BaseModel):
    """An engine of the catalog: `[[engine]]`. `key` says where its secret lies: `env:NAME` or `file:PATH`.

    The secret itself is read when the engine is opened. It never enters a job, a log or a page. `webhook_secret` is
    written in the same way: with it, the provider is asked to call the studio as soon as a prediction has ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
    kind: str
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    key: str | None = None
    webhook_secret: str | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in kinds():
            raise ValueError(f"no kind of engine is called {kind!r}; there are {', '.join(kinds())}")
        return kind

    @field_validator("key")
    @classmethod
    def _readable(cls, key: str | None) -> str | None:
        if key is not None:
            if not key.startswith(KEY_SOURCES):
                raise ValueError("say where the key lies, as 'env:NAME' or 'file:PATH', and never the key itself")
            _read(key)
        return key

    @field_validator("webhook_secret")
    @classmethod
    def _signs(cls, written: str | None) -> str | None:
        if cls._readable(written) is not None and written is not None:
            key_of(_read(written))
        return written

    @model_validator(mode="after")
    def _complete(self) -> EngineEntry:
        kind = kinds()[self.kind]
        if kind.needs_url and self.url is None:
            raise ValueError(f"url: an engine of the kind {self.kind} needs an address")
        if kind.needs_key and self.key is None:
            raise ValueError(f"key: an engine of the kind {self.kind} needs a key")
        if self.webhook_secret is not None and not kind.webhooks:
            raise ValueError(f"webhook_secret: an engine of the kind {self.kind} is not called back")
        return self

    @property
    def secret(self) -> str | None:
        """The key itself, read now; raises `Unfit` where it is gone."""
        try:
            return _read(self.key) if self.key is not None else None
        except ValueError as error:
            raise Unfit(str(error)) from None

    def read_webhook_secret(self) -> str:
        """The secret that the provider signs its webhooks with, read now; raises `Unfit` where it is gone."""
        try:
            return _read(self.webhook_secret or "")
        except ValueError as error:
            raise Unfit(str(error)) from None


def _read(key: str) -> str:
    source, _, name = key.partition(":")
    if source == "env":
        found = os.environ.get(name, "")
        if not found:
            raise ValueError(f"the environment has no {name}")
        return found
    try:
        found = Path(name).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the key file {name} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not found:
        raise ValueError(f"the key file {name} is empty")
    return found


def _nothing_lacks(entry: EngineEntry, machine: Machine, weights: str | None) -> str | None:
    return None


def _no_extras(tool: str, family: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class EngineKind:
    """A runtime or provider: how one of its engines is opened, and what its work occupies.

    `lack` says why an engine cannot work on this machine, with weights where they are given, and what mends it; None
    if it can. `concurrency` is the number of jobs at a time of an engine that occupies nothing here. `ready` kinds are
    engines by themselves, under the kind's name, without an entry in the catalog.
    """

    id: str
    open: Callable[[EngineEntry, Machine], Engine]
    occupies: Occupies
    label: str  # what it is, as pages say it of its models
    icon: str = "picture"  # the drawing that stands beside its models
    source: SourceType = SourceType.TRAINED  # what its files are, as their credentials say
    lexicon: bool = False  # it knows a list of words of its own and no others, so that pages can show them
    concurrency: int = 32
    needs_url: bool = False
    needs_key: bool = False
    needs_model: bool = False  # a model of it must say what the provider calls it
    provider: str = ""  # what the console calls it where a provider is added; empty: it is none
    usual_url: str = ""  # its address where an entry names none
    ready: bool = False
    families: Callable[[], Collection[str]] = tuple  # the families that its models may name; empty: any word
    extras: Callable[[str, str], frozenset[str]] = _no_extras  # those of a tool's that models of a family can use
    webhooks: bool = False  # its provider can call the studio, and signs what it says
    lack: Callable[[EngineEntry, Machine, str | None], str | None] = _nothing_lacks


@cache
def _found() -> dict[str, EngineKind]:
    package = import_module("atelier.engines.kinds")
    modules = (import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__))
    return {module.KIND.id: module.KIND for module in modules}


_more: dict[str, EngineKind] = {}


def kinds() -> dict[str, EngineKind]:
    """Every kind of this release by its id, each from its file in `engines/kinds/`, and those offered besides."""
    return {**_found(), **_more}


def offer(kind: EngineKind) -> None:
    """Let this process use another kind, as tests and benches do."""
    _more[kind.id] = kind


def withdraw(kind_id: str) -> None:
    """Take back what was offered so."""
    _more.pop(kind_id, None)


def gpus() -> int:
    """How many NVIDIA cards this machine lets us use, without asking any library."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([each for each in visible.split(",") if each.strip() and each.strip() != "-1"])
    try:
        return len(os.listdir("/proc/driver/nvidia/gpus"))
    except OSError:
        return 0
