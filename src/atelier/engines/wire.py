"""How a worker and an engine's child process talk: a line of JSON, then as many raw bytes as it says.

Messages are `Work` one way, `Made` and errors the other way.
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
    Usage,
    Work,
)

_KINDS: dict[str, type[Any]] = {"progress": Progress, "preview": Preview, "output": Output, "usage": Usage}
_BLOBS = {"preview": "picture", "output": "data"}
_ERRORS: dict[str, type[EngineError]] = {e.code: e for e in (BadInput, Refused, Unavailable, Crashed)}
DONE = b'{"kind":"done","size":0}\n'


def pack(kind: str, head: dict[str, Any], blob: bytes = b"") -> bytes:
    return json.dumps({"kind": kind, "size": len(blob), **head}, separators=(",", ":")).encode() + b"\n" + blob


def pack_work(work: Work) -> bytes:
    sizes = {name: len(data) for name, data in work.files.items()}
    head = {"tool": work.tool, "weights": work.weights, "input": dict(work.input), "files": sizes}
    return pack("work", head, b"".join(work.files.values()))


def unpack_work(head: dict[str, Any], blob: bytes) -> Work:
    files, at = {}, 0
    for name, size in head["files"].items():
        files[name] = blob[at : at + size]
        at += size
    return Work(head["tool"], head["weights"], head["input"], files)


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
