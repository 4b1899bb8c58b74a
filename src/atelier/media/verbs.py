"""What a child process can be asked to do, by name: each reads its first file, writes the others and answers facts.

The files are an upload, the same made anew, and a small picture of it, which stays empty where there is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from atelier.media import pictures, recordings, texts, weights

CHUNK = 256 * 1024


def bring_picture(files: Sequence[BinaryIO], _given: Mapping[str, Any]) -> dict[str, Any]:
    """A picture from outside, as pixels alone."""
    source, out, thumb = files
    brought = pictures.bring(source.read())
    out.write(brought.data)
    thumb.write(brought.thumb)
    facts = {"width": brought.width, "height": brought.height, "content_type": brought.content_type}
    return facts | {"settings": brought.settings, "notes": list(brought.notes)} | _sum(out)


def prepare_picture(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A picture made here, with its settings inside."""
    source, out, thumb = files
    prepared = pictures.prepare(source.read(), given["settings"])
    out.write(prepared.data)
    thumb.write(prepared.thumb)
    facts = {"width": prepared.width, "height": prepared.height, "content_type": given["content_type"]}
    return facts | _sum(out)


def bring_recording(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A sound or a film, with its waveform or its poster."""
    source, out, thumb = files
    brought = recordings.bring(source, out, thumb, given["content_type"], given["limits"])
    return brought._asdict() | _sum(out)


def bring_text(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A text, with its first lines."""
    source, out, _ = files
    measures = texts.bring(source, out, given["content_type"], made=bool(given.get("made")))
    return {"content_type": given["content_type"], "measures": measures} | _sum(out)


def bring_weights(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """Weights, with what they are for."""
    source, out, _ = files
    header, made = given["limits"].get("model", {}).get("header_megabytes", 100), bool(given.get("made"))
    measures = weights.bring(source, out, header_megabytes=header, made=made)
    return {"content_type": given["content_type"], "measures": measures} | _sum(out)


def _sum(out: BinaryIO) -> dict[str, Any]:
    """The size and the checksum of what was written."""
    out.flush()
    out.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := out.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


VERBS: dict[str, Callable[[Sequence[BinaryIO], dict[str, Any]], dict[str, Any]]] = {
    verb.__name__: verb for verb in (bring_picture, prepare_picture, bring_recording, bring_text, bring_weights)
}
