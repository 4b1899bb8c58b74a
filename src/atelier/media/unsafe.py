"""How likely a picture is not safe for work. Runs in the child process of `pool` alone.

The network is open_nsfw (Yahoo, BSD-2-Clause) as ONNX: 224 × 224 pixels from the middle of the picture at 256 × 256, as
floats in the order blue, green, red, less the means of its training pictures; it was trained on decoded JPEG.
"""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from atelier.media.colour import plain
from atelier.media.pictures import upright

MEANS = np.array([104, 117, 123], dtype=np.float32)  # of blue, green and red
SIDE, MIDDLE = 256, 224

_sessions: dict[tuple[int, int, int], Any] = {}  # by the model's file; a child judges picture after picture


def score(data: bytes, model: BinaryIO) -> float:
    """From 0, safe, to 1; raises `Refused` for what is no picture."""
    seen = plain(upright(data)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    edge = (SIDE - MIDDLE) // 2
    out = io.BytesIO()
    seen.crop((edge, edge, edge + MIDDLE, edge + MIDDLE)).save(out, "JPEG")
    pixels = np.asarray(Image.open(out), dtype=np.float32)[:, :, ::-1] - MEANS
    session = _session(model)
    [answers] = session.run(None, {session.get_inputs()[0].name: pixels[np.newaxis].astype(np.float32)})
    return float(answers[0][1])


def _session(model: BinaryIO) -> Any:
    import onnxruntime  # takes 60 MB, and only where pictures are judged

    found = os.fstat(model.fileno())
    key = (found.st_ino, found.st_size, found.st_mtime_ns)
    if key not in _sessions:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # pages come first
        _sessions.clear()
        _sessions[key] = onnxruntime.InferenceSession(model.read(), options, providers=["CPUExecutionProvider"])
    return _sessions[key]
