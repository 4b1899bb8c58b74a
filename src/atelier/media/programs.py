"""Runs FFmpeg on open files, with bounds. Called in the child process of `pool`, whose memory limit it inherits.

FFmpeg is told which format a file has and which decoders it may use, and may open nothing but the files that it is
given: no list of other files and no address is ever followed.
"""

from __future__ import annotations

import ctypes
import io
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from atelier.media.refusals import CodecUnsupported, FFmpegMissing, PictureBomb

SECONDS = 240  # by the clock for one run; the pool gives up on the child a little later
PR_SET_PDEATHSIG = 1  # prctl(2)
MISSING_FAULT = (
    "This studio cannot take sound and films yet: FFmpeg is not installed on its machine. Its operator can install it. "
    "Nothing was added."
)
# decoders of what browsers play, and of sound without loss
DECODERS = (
    *("h264", "hevc", "av1", "libdav1d", "libaom-av1", "vp8", "vp9", "libvpx", "libvpx-vp9"),
    *("aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "libvorbis", "flac", "alac"),
    *("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"),
)


_NOT_TAKEN = re.compile(r"Codec \((\w+)\) not on whitelist")


class Ran(NamedTuple):
    """How a run ended: whether it succeeded, and the last of what it wrote."""

    good: bool
    said: bytes
    complaints: str


def lacking() -> str:
    """The program that this machine lacks, or nothing."""
    return next((name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None), "")


def path_of(file: BinaryIO) -> str:
    """The name by which a program that has the open file can open it."""
    return f"/dev/fd/{file.fileno()}"


def reading(file: BinaryIO, demuxer: str) -> list[str]:
    """The options before a file that is read: one format, few decoders, no other file and no address."""
    bounds = ["-protocol_whitelist", "file", "-format_whitelist", demuxer, "-codec_whitelist", ",".join(DECODERS)]
    return [*bounds, "-f", demuxer, "-i", path_of(file)]


def probe(file: BinaryIO, demuxer: str) -> dict[str, Any] | None:
    """What ffprobe says of a file's format and streams; None where it cannot be read.

    Raises `CodecUnsupported` for a stream that no decoder of ours reads.
    """
    entries = "format=duration:stream=codec_type,codec_name,width,height,channels,sample_rate,duration"
    asked = ["-v", "error", "-show_entries", f"{entries}:stream_disposition=attached_pic", "-of", "json"]
    ran = run("ffprobe", [*asked, *reading(file, demuxer)], [file])
    if unknown := _NOT_TAKEN.search(ran.complaints):
        raise unsupported(unknown[1], ("h264", "hevc", "av1", "vp9", "vp8", "aac", "mp3", "opus", "vorbis", "flac"))
    found = json.loads(ran.said) if ran.good and ran.said else {}
    return found if found.get("streams") else None


def unsupported(codec: str, taken: Iterable[str]) -> CodecUnsupported:
    """The refusal of a recording that is encoded in a way that is not `taken`."""
    return CodecUnsupported(
        f"This recording is encoded as {codec[:30]}, which browsers do not play. Encode it as one of"
        f" {', '.join(taken)}. Nothing was added."
    )


def run(program: str, options: Sequence[str], files: Sequence[BinaryIO], *, most: int = 1_000_000) -> Ran:
    """Run a program to its end; `most` bounds each file that it writes, in bytes."""
    with _started(program, options, files, most) as process:
        try:
            said, complaints = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise PictureBomb("") from None
    return Ran(process.returncode == 0, said, complaints.decode(errors="replace"))


@contextmanager
def output(program: str, options: Sequence[str], files: Sequence[BinaryIO]) -> Iterator[io.BufferedReader]:
    """What a program writes to its output, while it runs; it is ended when the reader has read enough."""
    with _started(program, options, files, 0, quiet=True) as process:
        assert isinstance(process.stdout, io.BufferedReader)
        yield process.stdout


@contextmanager
def _started(
    program: str, options: Sequence[str], files: Sequence[BinaryIO], most: int, *, quiet: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    found = shutil.which(program)
    if found is None:
        raise FFmpegMissing(MISSING_FAULT)
    extra = ["-nostdin", "-threads", "1"] if program == "ffmpeg" else []
    process = subprocess.Popen(  # noqa: S603  # options of our own and open files
        [found, "-hide_banner", *extra, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
        pass_fds=[file.fileno() for file in files],
        preexec_fn=lambda: _bound(most),  # the child of `pool` has one thread
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _bound(most: int) -> None:
    """In the program's own process, before it begins: it ends with its parent and writes no more than it should."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
