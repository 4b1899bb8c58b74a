"""Sound, films and weights for the tests: recorded by FFmpeg or written byte by byte."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import wave
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

SECRET = "taken at home by Ms Secret"
PLACE = "location=+52.5200+13.4050/"
PICTURES = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=440:duration=2")
CODECS = {
    "mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "mov": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "webm": ("-c:v", "libvpx", "-c:a", "libopus"),
    "mkv": ("-c:v", "libx264", "-c:a", "aac"),
    "avi": ("-c:v", "mpeg4", "-c:a", "mp3"),
    "ogg": ("-c:a", "libopus"),
}
FILMS = ("mp4", "mov", "webm", "mkv", "avi")


@cache
def recorded(ending: str, *options: str) -> bytes:
    """Two seconds as a file of that ending, with a title, an author and a place in it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{ending}"
        told = (
            "-metadata",
            f"title={SECRET}",
            "-metadata",
            f"artist={SECRET}",
            "-metadata",
            PLACE,
        )
        sources = (*PICTURES, *SOUND) if ending in FILMS else SOUND
        command = ("ffmpeg", "-v", "error", *sources, *CODECS.get(ending, ()), *options, *told, "-shortest", str(path))
        subprocess.run(command, check=True)  # our own options
        return path.read_bytes()


def tone(seconds: float = 1.0) -> bytes:
    """A WAV of a falling saw, without FFmpeg."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        count = int(8000 * seconds)
        file.writeframes(b"".join(struct.pack("<h", (at * 97) % 20_000 * (count - at) // count) for at in range(count)))
    return out.getvalue()


def silence(size: int) -> bytes:
    """A WAV of so many bytes of samples, all of them zero."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 44_100, 88_200, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", size + 36, b"WAVE") + form + struct.pack("<4sI", b"data", size) + bytes(size)


def weights(tensors: Mapping[str, object] | None = None, data: bytes = bytes(16), **metadata: str) -> bytes:
    """A safetensors file; by default of one tensor of eight numbers of sixteen bits."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    header |= {"a": tensor("F16", [2, 4], 0, 16)} if tensors is None else tensors
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written + data


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
