"""How a worker and an engine's child process talk: a line of JSON, then as many raw bytes as it says.

Messages are `Work` and `stop` one way, `Made`, errors and `done` the other way. Each work has a number, and a `stop`
names the one that nobody wants any more: it may come when that one is done already.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from atelier.engines.engine import (
    BadInput,
    Crashed,
    EngineError,
    Made,
    Output,
    Preview,
    Progress,
    Refused,
    Unavailable,
    Unfit,
    Usage,
    Work,
)

_KINDS: dict[str, type[Any]] = {"progress": Progress, "preview": Preview, "output": Output, "usage": Usage}
_BLOBS = {"preview": "picture", "output": "data"}
_ERRORS: dict[str, type[EngineError]] = {e.code: e for e in (BadInput, Refused, Unavailable, Crashed, Unfit)}


def pack(kind: str, head: dict[str, Any], blob: bytes = b"") -> bytes:
    return json.dumps({"kind": kind, "size": len(blob), **head}, separators=(",", ":")).encode() + b"\n" + blob


def pack_work(work: Work, number: int) -> bytes:
    sizes = {name: len(data) for name, data in work.files.items()}
    head = {"tool": work.tool, "weights": work.weights, "family": work.family, "input": dict(work.input)}
    return pack("work", {**head, "files": sizes, "number": number}, b"".join(work.files.values()))


def pack_stop(number: int) -> bytes:
    return pack("stop", {"number": number})


def pack_done(number: int) -> bytes:
    return pack("done", {"number": number})


def unpack_work(head: dict[str, Any], blob: bytes) -> Work:
    files, at = {}, 0
    for name, size in head["files"].items():
        files[name] = blob[at : at + size]
        at += size
    return Work(head["tool"], head["weights"], head["input"], files, head["family"])


def pack_made(made: Made) -> bytes:
    kind = type(made).__name__.lower()
    fields = asdict(made)
    blob = fields.pop(_BLOBS[kind]) if kind in _BLOBS else b""
    return pack(kind, {"fields": fields}, blob)


def pack_error(error: EngineError) -> bytes:
    return pack("error", {"code": error.code, "message": error.message})


def unpack_made(head: dict[str, Any], blob: bytes) -> Made:
    """What the child made; raises the error that it sent."""
    kind = head["kind"]
    if kind == "error":
        raise _ERRORS.get(head["code"], Crashed)(head["message"])
    fields = dict(head["fields"])
    if kind in _BLOBS:
        fields[_BLOBS[kind]] = blob
    made: Made = _KINDS[kind](**fields)
    return made
