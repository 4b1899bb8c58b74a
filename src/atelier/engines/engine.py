"""What an engine is given, what it yields, and how it fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: which tool, with which weights, the validated input, and the files that belong to it.

    `family` says what kind of model the weights are, where an engine knows several.
    """

    tool: str
    weights: str
    input: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    family: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the file at `position` is: `step` of `steps`."""

    position: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the file at `position` looks like so far: a small picture as WebP."""

    position: int
    picture: bytes


@dataclass(frozen=True, slots=True)
class Output:
    """A finished file, with what would make it again."""

    position: int
    data: bytes
    content_type: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used beyond the files, for the studio's own accounts (seconds, tokens)."""

    units: Mapping[str, int]


Made = Progress | Preview | Output | Usage


class EngineError(Exception):
    """Why nothing (more) is made; says itself whether another attempt can help."""

    code: ClassVar[str] = "engine_error"
    retry: ClassVar[bool] = False

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


class Unfit(EngineError):
    """What the engine needs on this machine is missing or damaged; an operator can mend it, another attempt cannot."""

    code = "engine_unfit"


class LocalEngine(Protocol):
    """An engine that computes here: it runs in a child process, and blocks as it likes.

    It is a generator: whoever wants no more closes it between two things made, so one that tells often stops soon.
    """

    def make(self, work: Work) -> Iterator[Made]: ...


class Engine(Protocol):
    """An engine as the worker sees it, wherever it computes. Closing the iterator stops the work."""

    def make(self, work: Work) -> AsyncGenerator[Made, None]: ...

    async def close(self) -> None: ...
