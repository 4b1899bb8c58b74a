"""What an engine is given, what it yields, and how it fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable
from uuid import UUID

from atelier.tools.terms import Amounts, Terms


class Given(NamedTuple):
    """A file to work on. It belongs to the studio: read it, never change it."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at a job.

    `input` is the validated input of the tool. `terms.weights` is where the weights lie on this machine. Results are
    written into `folder`, which is empty and goes away after the attempt. `files` has the member's files by the
    input's fields. `resume` is the last reference that an earlier attempt gave by `Started`. `lower` counts how often
    memory ran out at this work: an engine that can do with less then does.
    """

    job: UUID
    tool: str
    input: Mapping[str, Any]
    terms: Terms
    folder: Path
    files: Mapping[str, Sequence[Given]] = field(default_factory=dict)
    resume: str | None = None
    lower: int = 0

    def output(
        self, position: int, data: bytes, content_type: str, settings: Mapping[str, Any] | None = None
    ) -> Output:
        """Write a finished file that is in memory into the folder."""
        path = self.folder / f"output-{position}"
        path.write_bytes(data)
        return Output(position, path, content_type, settings or {})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the file at `position` is: `step` of `steps`."""

    position: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the file at `position` looks or sounds like so far, small."""

    position: int
    data: bytes
    content_type: str = "image/webp"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A finished file in the work's folder, with what would make it again."""

    position: int
    path: Path
    content_type: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Data:
    """A result that is no file, as JSON: a transcript, a description. The last one stays."""

    value: Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One point of a series that is kept and plotted: the loss at a step of a training."""

    name: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Started:
    """The work goes on elsewhere, or can go on from here: a remote prediction's id, or the newest checkpoint.

    It is stored at once. The next attempt gets it as `Work.resume`, so that nothing is done or paid twice.
    """

    reference: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used since the last `Usage`: amounts of the tool's units, and what it cost the operator.

    `cost` has whole amounts by unit, as {"usd_micro": 2500, "gpu_ms": 4100}.
    """

    amounts: Amounts = field(default_factory=dict)
    cost: Amounts = field(default_factory=dict)


Made = Progress | Preview | TextDelta | Output | Data | Measure | Started | Usage


class EngineError(Exception):
    """Why nothing (more) is made. `retry` says whether another attempt can help."""

    code: str = "engine_error"
    retry: bool = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(EngineError):
    """The engine cannot do that, however often it is asked."""

    code = "bad_input"


class Refused(EngineError):
    """The engine will not do that."""

    code = "refused"


class Unavailable(EngineError):
    """The engine, or what it needs, does not answer just now."""

    code = "engine_unavailable"
    retry = True


class Crashed(EngineError):
    """The engine died at its work."""

    code = "engine_crashed"
    retry = True


class OutOfMemory(EngineError):
    """The device's memory ran out. The work is tried once more in a fresh child, which takes less."""

    code = "out_of_memory"


class Condition(StrEnum):
    """How an engine that computes here is."""

    RESTING = "resting"  # no process of it runs
    STARTING = "starting"  # its process reads what it needs
    READY = "ready"  # what it needs is in memory
    BUSY = "busy"
    DEGRADED = "degraded"  # it works, with less of the model in the GPU's memory than was planned
    FAILED = "failed"  # its last work crashed, or had no room


@dataclass(frozen=True, slots=True)
class Standing:
    """How an engine is: its processes, the bytes that they have in memory and on the GPU, and its plan there."""

    condition: Condition
    children: int = 0
    memory: int = 0
    gpu: int = 0
    plan: str = ""


class Failed(EngineError):
    """The engine's own code failed at this input; it would fail again."""

    code = "engine_failed"


class BrokeContract(EngineError):
    """The engine did something that no engine may do; another attempt would end the same."""

    code = "engine_broke_contract"


class Unfit(EngineError):
    """What the engine needs on this machine is missing or damaged; an operator can mend it, another attempt cannot."""

    code = "engine_unfit"


class LocalEngine(Protocol):
    """An engine that computes on this machine, in a child process; it may block.

    It is a generator, and is closed between two results when a job is stopped: one that yields often stops soon.
    """

    def make(self, work: Work) -> Iterator[Made]: ...


class Engine(Protocol):
    """An engine as the worker sees it, wherever it computes. Closing the iterator stops the work here.

    Work elsewhere goes on then, so that another attempt can wait for it, until `abandon` stops it.
    """

    def make(self, work: Work) -> AsyncGenerator[Made, None]: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that a provider has and the catalog could name, for one tool."""

    provider_model: str
    name: str
    tool: str
    summary: str = ""
    licence: str = ""


@runtime_checkable
class Discovers(Protocol):
    """An engine that can say whether it is reached, and which models it has. Both raise `EngineError`."""

    async def greet(self) -> str:
        """Ask for as little as shows that address and key are right; a sentence about what answered."""
        ...

    async def offers(self, named: str = "") -> Sequence[Offer]:
        """The models that make what our tools make: those that the provider lists, or only the one that is `named`."""
        ...


@runtime_checkable
class SignsWebhooks(Protocol):
    """An engine whose provider can call the studio, and says by which secret it signs."""

    async def webhook_secret(self) -> str:
        """The secret, as `whsec_…`; raises `EngineError` where the provider has none."""
        ...


@runtime_checkable
class Stands(Protocol):
    """An engine that computes here and can say how it is."""

    def standing(self) -> Standing: ...


@runtime_checkable
class Abandons(Protocol):
    """An engine whose work goes on elsewhere when nobody waits for it here."""

    async def abandon(self, reference: str) -> None:
        """Stop what `Started` named: its job is over. It may raise any error; then the work ends by itself."""
        ...
