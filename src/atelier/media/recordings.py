"""Sound and films from outside: measured, and written anew without being encoded again. Runs in the child of `pool`.

Of a file its first picture stream and its first sound stream are kept, and nothing else: no title, place, camera,
cover, chapter, subtitle or data track.
"""

from __future__ import annotations

import array
import io
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

from PIL import Image

from atelier.media.pictures import THUMB, small
from atelier.media.programs import output, path_of, probe, reading, run, unsupported
from atelier.media.refusals import (
    FileUnsupported,
    PictureTooLarge,
    RecordingDamaged,
    RecordingTooLong,
)

RATE = 8000  # samples a second of the sound that a waveform is drawn from
WINDOW = RATE // 20  # samples of which the loudest is kept
PEAKS = 200  # bars of a waveform
UNKNOWN_LENGTH = 2**32 - 1  # of a WAV that was written while it was recorded
LATEST_POSTER = 3.0  # seconds into a film
LEAST_KEPT = 0.9  # the share of its time that a whole file has at least when it is written anew
DAMAGED_FAULT = "This recording is damaged or incomplete. Nothing was added."


class Container(NamedTuple):
    """How FFmpeg reads and writes a content type, and which streams it may hold."""

    demuxer: str
    muxer: str
    pictures: frozenset[str] = frozenset()
    sounds: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()


_PCM = frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"})
_IN_MP4 = frozenset({"aac", "mp3", "opus", "flac", "alac"})
_IN_WEBM = frozenset({"opus", "vorbis"})
CONTAINERS = {
    "audio/mpeg": Container("mp3", "mp3", sounds=frozenset({"mp3"}), options=("-id3v2_version", "0")),
    "audio/wav": Container("wav", "wav", sounds=_PCM),
    "audio/flac": Container("flac", "flac", sounds=frozenset({"flac"})),
    "audio/ogg": Container("ogg", "ogg", sounds=frozenset({"opus", "vorbis", "flac"})),
    "audio/mp4": Container("mov", "ipod", sounds=_IN_MP4, options=("-movflags", "+faststart")),
    "audio/webm": Container("matroska", "webm", sounds=_IN_WEBM),
    "video/mp4": Container(
        "mov", "mp4", frozenset({"h264", "hevc", "av1", "vp9"}), _IN_MP4, ("-movflags", "+faststart")
    ),
    "video/webm": Container("matroska", "webm", frozenset({"vp8", "vp9", "av1"}), _IN_WEBM),
}
SOUND_ALONE = {"video/mp4": "audio/mp4", "video/webm": "audio/webm"}


class Brought(NamedTuple):
    """What was measured of a recording that was written anew."""

    content_type: str
    measures: dict[str, Any]
    width: int | None
    height: int | None


def bring(source: BinaryIO, out: BinaryIO, thumb: BinaryIO, content_type: str, limits: Mapping[str, Any]) -> Brought:
    """Write a recording anew into `out`, and a film's poster into `thumb`; raises `Refused`."""
    size = source.seek(0, io.SEEK_END)
    found = probe(source, CONTAINERS[content_type].demuxer)
    if found is None or (content_type == "audio/wav" and _is_cut(source, size)):
        raise RecordingDamaged(DAMAGED_FAULT)
    streams = [each for each in found["streams"] if not each.get("disposition", {}).get("attached_pic")]
    picture = next((each for each in streams if each.get("codec_type") == "video"), None)
    sound = next((each for each in streams if each.get("codec_type") == "audio"), None)
    if picture is None or not CONTAINERS[content_type].pictures:
        picture, content_type = None, SOUND_ALONE.get(content_type, content_type)
    if picture is None and sound is None:
        raise FileUnsupported("This file has neither sound nor pictures that the library can read. Nothing was added.")
    kind = content_type.partition("/")[0]
    container, bounds = CONTAINERS[content_type], limits.get(kind, {})
    _check_codecs(container, picture, sound)
    width, height = _size(picture, bounds)
    declared = _seconds(found, streams)
    _check_length(declared, bounds)
    _write(source, out, container, size)
    again = probe(out, container.demuxer)
    kept = _seconds(again, again["streams"]) if again else 0.0
    _check_length(kept, bounds)
    if not again or kept <= 0 or kept < declared * LEAST_KEPT - 1:
        raise RecordingDamaged(DAMAGED_FAULT)
    measures: dict[str, Any] = {"seconds": round(kept, 2), "codec": str((picture or sound or {})["codec_name"])}
    if picture is not None:
        measures["sound"] = sound is not None
        _poster(out, thumb, container.demuxer, kept)
    elif sound is not None:
        measures["channels"], measures["sample_rate"] = int(sound["channels"]), int(sound["sample_rate"])
        measures["peaks"] = _peaks(out, container.demuxer, kept)
    return Brought(content_type, measures, width, height)


def _is_cut(wav: BinaryIO, size: int) -> bool:
    """Whether a WAV says that it has more samples than it has; FFmpeg reads on to the end of the file then."""
    at = 12
    while at + 8 <= size:
        wav.seek(at)
        name, length = wav.read(4), int.from_bytes(wav.read(4), "little")
        if name == b"data":
            return length != UNKNOWN_LENGTH and at + 8 + length > size
        at += 8 + length + length % 2
    return True


def _check_codecs(container: Container, picture: Mapping[str, Any] | None, sound: Mapping[str, Any] | None) -> None:
    for stream, known in ((picture, container.pictures), (sound, container.sounds)):
        if stream is not None and stream.get("codec_name") not in known:
            raise unsupported(str(stream.get("codec_name", "something unknown")), sorted(known))


def _size(picture: Mapping[str, Any] | None, bounds: Mapping[str, int]) -> tuple[int | None, int | None]:
    if picture is None:
        return None, None
    width, height, most = int(picture.get("width", 0)), int(picture.get("height", 0)), bounds.get("megapixels", 36)
    if width * height > most * 1_000_000:
        raise PictureTooLarge(f"The pictures of this film are larger than {most} million pixels. Nothing was added.")
    if not width or not height:
        raise RecordingDamaged(DAMAGED_FAULT)
    return width, height


def _check_length(seconds: float, bounds: Mapping[str, int]) -> None:
    if "seconds" in bounds and seconds > bounds["seconds"]:
        raise RecordingTooLong(
            f"This recording lasts {seconds / 60:,.0f} minutes. The library takes at most "
            f"{bounds['seconds'] / 60:,.0f}. Nothing was added."
        )


def _seconds(found: Mapping[str, Any], streams: list[dict[str, Any]]) -> float:
    """The longest time that a file says of itself or of a stream; 0 where it says none."""
    said = [found.get("format", {}).get("duration"), *(each.get("duration") for each in streams)]
    return max([float(each) for each in said if each not in (None, "N/A")], default=0.0)


def _write(source: BinaryIO, out: BinaryIO, container: Container, size: int) -> None:
    streams = ["-map", "0:V:0?"] if container.pictures else []
    nothing_else = ["-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"]
    options = ["-v", "error", *reading(source, container.demuxer), *streams, *nothing_else, "-c", "copy"]
    options += ["-fflags", "+bitexact", *container.options, "-f", container.muxer, "-y", path_of(out)]
    # a file that names the same bytes many times would grow without end
    ran = run("ffmpeg", options, [source, out], most=size * 5 // 4 + 1_000_000)
    if not ran.good or "partial file" in ran.complaints:
        raise RecordingDamaged(DAMAGED_FAULT)


def _poster(film: BinaryIO, thumb: BinaryIO, demuxer: str, seconds: float) -> None:
    """One picture of a film, from near its beginning, as the small WebP that the library shows."""
    at = f"{min(LATEST_POSTER, seconds / 4):.2f}"
    scale = f"scale='min({THUMB},iw)':'min({THUMB},ih)':force_original_aspect_ratio=decrease"
    for begin in (["-ss", at], []):
        options = ["-v", "error", *begin, *reading(film, demuxer), "-map", "0:V:0", "-frames:v", "1", "-vf", scale]
        ran = run("ffmpeg", [*options, "-c:v", "png", "-f", "image2pipe", "pipe:1"], [film])
        if ran.said:
            with Image.open(io.BytesIO(ran.said), formats=["PNG"]) as frame:
                thumb.write(small(frame.convert("RGB")))
            return
    raise RecordingDamaged(DAMAGED_FAULT)


def _peaks(sound: BinaryIO, demuxer: str, seconds: float) -> list[int]:
    """How loud a sound is from its beginning to its end, from 0 to 100 in `PEAKS` steps or fewer."""
    options = ["-v", "error", *reading(sound, demuxer), "-map", "0:a:0", "-ac", "1", "-ar", str(RATE)]
    loudest: list[int] = []
    with output("ffmpeg", [*options, "-t", f"{seconds + 1:.2f}", "-f", "s16le", "pipe:1"], [sound]) as decoded:
        while piece := decoded.read(WINDOW * 2):
            samples = array.array("h", piece[: len(piece) // 2 * 2])
            loudest.append(max(max(samples, default=0), -min(samples, default=0)))
    if len(loudest) < seconds * (RATE // WINDOW) * LEAST_KEPT - 20:
        raise RecordingDamaged(DAMAGED_FAULT)
    bars = min(PEAKS, len(loudest))
    edges = [len(loudest) * bar // bars for bar in range(bars + 1)] if bars else []
    return [max(loudest[begin:end]) * 100 // 32768 for begin, end in pairwise(edges)]
