"""What a child process can be asked to do, by name: each reads its first file, writes the others and answers facts.

The files are an upload, the same made anew, and a small picture of it, which stays empty where there is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from atelier.media import pictures, recordings, texts, weights
from atelier.media.notes import Note

CHUNK = 256 * 1024


def bring_picture(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A picture from outside, as pixels alone."""
    source, out, thumb = files
    data = source.read()
    brought = pictures.bring(data)
    signed = _upstream_signed(data, brought.data, brought.content_type, given)
    out.write(signed.data)
    thumb.write(brought.thumb)
    facts = {"width": brought.width, "height": brought.height, "content_type": brought.content_type}
    notes = [*brought.notes, *signed.notes]
    return facts | {"settings": brought.settings, "notes": notes, "measures": signed.measures} | _sum(out)


def prepare_picture(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A picture made here, with its settings and its credentials inside. Further files are what it was made from."""
    source, out, thumb, *ingredients = files
    data = source.read()
    prepared = pictures.prepare(data, given["settings"])
    signed = _signed(data, prepared.data, given["content_type"], given, ingredients)
    out.write(signed.data)
    thumb.write(pictures.covered(prepared.thumb) if given.get("cover") else prepared.thumb)
    facts = {"width": prepared.width, "height": prepared.height, "content_type": given["content_type"]}
    measures = signed.measures | ({"covered": True} if given.get("cover") else {})
    return facts | {"notes": signed.notes, "measures": measures} | _sum(out)


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


def judge_picture(files: Sequence[BinaryIO], _given: Mapping[str, Any]) -> dict[str, Any]:
    """How likely a picture is not safe for work, by the network in the second file: {"score"}."""
    from atelier.media import unsafe

    picture, model = files
    return {"score": unsafe.score(picture.read(), model)}


def read_credentials(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the Content Credentials of a file say, as `credentials.read` returns it: {"credentials"}."""
    from atelier.media import credentials

    return {"credentials": credentials.read(files[0].read(), given["content_type"], given["anchors"])}


class _Signed(NamedTuple):
    data: bytes
    measures: dict[str, Any] = {}
    notes: Sequence[str] = ()


def _signed(
    before: bytes, data: bytes, content_type: str, given: Mapping[str, Any], ingredients: Sequence[BinaryIO] = ()
) -> _Signed:
    """`data` with credentials, if the studio wants them; `before` is the file as the engine left it."""
    if not given.get("credentials"):
        return _Signed(data)
    from atelier.media import credentials  # its library takes 20 MB

    upstream = before if credentials.has_manifest(before, content_type) else None
    try:
        signed = credentials.sign(
            data,
            content_type,
            given["credentials"],
            [each.read() for each in ingredients],
            upstream=upstream,
            signature=given["signature"],
        )
    except credentials.CannotSign:
        return _Signed(data, notes=[Note.NO_CREDENTIALS])
    return _Signed(signed, {"credentials": True})


def _upstream_signed(before: bytes, data: bytes, content_type: str, given: Mapping[str, Any]) -> _Signed:
    """An upload with credentials of its own keeps them as those of its parent; any other gets none."""
    if b"jumb" not in before or not given.get("credentials"):
        return _Signed(data)
    from atelier.media import credentials

    return (
        _signed(before, data, content_type, given) if credentials.has_manifest(before, content_type) else _Signed(data)
    )


def open_mask(files: Sequence[BinaryIO], _given: Mapping[str, Any]) -> dict[str, Any]:
    """A mask that is white where a picture is painted anew, as one that is see-through there: {"width", "height"}."""
    source, out = files
    data, size = pictures.see_through(source.read())
    out.write(data)
    out.flush()
    return {"width": size[0], "height": size[1]}


def retouch_picture(files: Sequence[BinaryIO], given: Mapping[str, Any]) -> dict[str, Any]:
    """A picture after `operations`; a third file is their mask: {"content_type"}."""
    from atelier.media.retouch import retouch

    source, out, *masks = files
    mask = masks[0].read() if masks else None
    data, content_type = retouch(source.read(), mask, given["operations"], given["format"], given["quality"])
    out.write(data)
    out.flush()
    return {"content_type": content_type}


def _sum(out: BinaryIO) -> dict[str, Any]:
    """The size and the checksum of what was written."""
    out.flush()
    out.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := out.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


_ALL = (
    bring_picture,
    prepare_picture,
    bring_recording,
    bring_text,
    bring_weights,
    judge_picture,
    read_credentials,
    open_mask,
    retouch_picture,
)
Verb = Callable[[Sequence[BinaryIO], dict[str, Any]], dict[str, Any]]
VERBS: dict[str, Verb] = {verb.__name__: verb for verb in _ALL}
