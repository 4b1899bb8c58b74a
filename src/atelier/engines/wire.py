"""How a worker and an engine's child process talk: the sizes of two parts, a head in JSON, and raw bytes.

Messages are `work` and `stop` one way; what was made, `error` and `done` the other way. Each work has a number, and a
`stop` names the one that is no longer wanted: it may arrive when that one is done already.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from atelier.engines.engine import (
    BrokeContract,
    Data,
    EngineError,
    Given,
    Made,
    Measure,
    Output,
    Preview,
    Progress,
    Started,
    TextDelta,
    Usage,
    Work,
)
from atelier.tools.terms import Terms

SIZES = struct.Struct(">II")  # bytes of the head and of what follows it
LARGEST = 64 * 2**20  # bytes of either part: files travel as paths

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Progress, Preview, TextDelta, Output, Data, Measure, Started, Usage)
}


def pack(kind: str, head: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """A message; raises `BrokeContract` where one of its parts is too large or cannot be written."""
    try:
        written = json.dumps({"kind": kind, **head}, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BrokeContract(f"The engine sent a {kind} that cannot be written as JSON.") from error
    if max(len(written), len(blob)) > LARGEST:
        raise BrokeContract(f"The engine sent a {kind} of over {LARGEST // 2**20} MB.")
    return SIZES.pack(len(written), len(blob)) + written + blob


def sizes(prefix: bytes) -> tuple[int, int]:
    """The sizes of a message's two parts; raises `BrokeContract` where they are too large."""
    head, blob = SIZES.unpack(prefix)
    if max(head, blob) > LARGEST:
        raise BrokeContract("The engine sent something that is not a message.")
    return head, blob


def unpack(head: bytes) -> dict[str, Any]:
    """The head of a message; raises `BrokeContract` where it is none."""
    try:
        found = json.loads(head)
    except ValueError as error:
        raise BrokeContract("The engine sent something that is not a message.") from error
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise BrokeContract("The engine sent something that is not a message.")
    return found


def pack_work(work: Work, number: int) -> bytes:
    files = {name: [(str(each.path), each.content_type) for each in given] for name, given in work.files.items()}
    head = {
        "number": number,
        "job": str(work.job),
        "tool": work.tool,
        "input": dict(work.input),
        "terms": work.terms.to_json(),
        "folder": str(work.folder),
        "files": files,
        "resume": work.resume,
        "lower": work.lower,
    }
    return pack("work", head)


def unpack_work(head: Mapping[str, Any]) -> Work:
    files = {name: [Given(Path(path), type) for path, type in given] for name, given in head["files"].items()}
    return Work(
        UUID(head["job"]),
        head["tool"],
        head["input"],
        Terms.from_json(head["terms"]),
        Path(head["folder"]),
        files,
        head["resume"],
        head["lower"],
    )


def pack_stop(number: int) -> bytes:
    return pack("stop", {"number": number})


def pack_done(number: int) -> bytes:
    return pack("done", {"number": number})


def pack_report(facts: Mapping[str, Any]) -> bytes:
    """What a child says of itself between works: `gpu` in bytes, and `plan`."""
    return pack("report", {"facts": dict(facts)})


def pack_made(made: Made) -> bytes:
    if type(made).__name__ not in _KINDS:
        raise BrokeContract(f"The engine yielded a {type(made).__name__}, which is nothing that an engine makes.")
    fields = asdict(made)
    blob = b""
    if isinstance(made, Preview):
        blob = fields.pop("data")
    if isinstance(made, Output):
        fields["path"] = str(made.path)
    return pack(type(made).__name__, {"fields": fields}, blob)


def pack_error(error: EngineError) -> bytes:
    return pack("error", {"code": error.code, "message": error.message, "retry": error.retry})


def unpack_made(head: Mapping[str, Any], blob: bytes) -> Made:
    """What the child made; raises the error that it sent, or `BrokeContract`."""
    kind = head["kind"]
    try:
        if kind == "error":
            error = _error(head["code"])(head["message"])
            error.code, error.retry = str(head["code"]), bool(head["retry"])
            raise error
        made: Made = _KINDS[kind](**head["fields"], **({"data": blob} if kind == Preview.__name__ else {}))
    except (KeyError, TypeError) as error:
        raise BrokeContract(f"The engine sent a {kind} that is not one.") from error
    return replace(made, path=Path(made.path)) if isinstance(made, Output) else made


def _error(code: str) -> type[EngineError]:
    """The class of an error by its code; one that only the engine's own code knows is an `EngineError`."""
    return next((kind for kind in EngineError.__subclasses__() if kind.code == code), EngineError)
