"""How a model's parts are placed on a GPU: the fastest plan that fits, decided from sizes alone, without torch.

A plan fits if the most that is in the GPU's memory at one moment, and a reserve for what is computed there, are within
what is free. What a picture really took is remembered for each GPU and counts more than the estimate.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from atelier.base.whole import write_whole

GB = 1_000_000_000
MEMORY = "ATELIER_PLACEMENT_FILE"  # of a child's environment: the file in which it is kept what pictures took
CONTEXT = int(0.6 * GB)  # CUDA's own, its kernels and what its allocator leaves unused
PAINTING = int(1.1 * GB)  # a transformer's activations for each megapixel of one picture, in 16 bits
READING = int(0.3 * GB)
DECODING = int(2.8 * GB)  # the autoencoder's for each megapixel, decoded as a whole
DECODING_TILES = int(0.7 * GB)  # decoded in tiles, of whatever size
SMALLEST = 0.25  # megapixels below which activations hardly shrink
SPARE = 1.05  # what was measured, with a little more
QUARTER = 262_144  # pixels: what is measured counts for sizes up to the next quarter of a megapixel


class Plan(StrEnum):
    """The plans, the fastest first."""

    RESIDENT = "resident"  # every part stays in the GPU's memory
    FP8 = "fp8"  # so does this, with the painter's weights in 8 bits; each layer computes in 16
    OFFLOAD = "offload"  # a part is there while it works
    FP8_READERS = "fp8-readers"  # the painter stays, in 8 bits; the readers come a few layers at a time
    GROUP = "group"  # painter and readers come a few layers at a time


PLANS = tuple(Plan)
_BITS = {"float32": 32, "bfloat16": 16, "float16": 16}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a pipeline: bytes of its weights by their type; `layer` of its largest layer that can come alone, and
    `outside` of what is in no such layer and stays."""

    name: str
    bytes: Mapping[str, int]
    layer: int = 0  # 0: it comes as a whole
    outside: int = 0

    @property
    def size(self) -> int:
        return sum(self.bytes.values())

    @property
    def in_fp8(self) -> int:
        """Its size with weights of 16 and 32 bits kept in 8."""
        return sum(size * 8 // _BITS[kind] if kind in _BITS else size for kind, size in self.bytes.items())

    @property
    def in_layers(self) -> int:
        """The most of it that is there while it works a layer at a time, with the next under way."""
        return min(self.size, self.outside + 2 * self.layer) if self.layer else self.size


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a pipeline: the transformer paints, `readers` read words and pictures, the VAE decodes."""

    painter: Part
    readers: Sequence[Part]
    decoder: Part

    def weights(self, plan: Plan) -> tuple[int, int, int]:
        """Bytes of weights in the GPU's memory while a reader, the painter and the decoder work."""
        whole = sum(each.size for each in self.readers)
        reader = max((each.in_layers for each in self.readers), default=0)
        match plan:
            case Plan.RESIDENT:
                always = self.painter.size + whole + self.decoder.size
                return always, always, always
            case Plan.FP8:
                always = self.painter.in_fp8 + whole + self.decoder.size
                return always, always, always
            case Plan.OFFLOAD:
                largest = max((each.size for each in self.readers), default=0)
                return largest, self.painter.size, self.decoder.size
            case Plan.FP8_READERS:
                always = self.painter.in_fp8 + self.decoder.size
                return always + reader, always, always
            case Plan.GROUP:
                always = self.decoder.size
                return always + reader, always + self.painter.in_layers, always


@dataclass(frozen=True, slots=True)
class Placement:
    """A plan for one picture's size; `need` is the most that it is expected to take, in bytes."""

    plan: Plan
    tiles: bool  # the picture is decoded in tiles
    need: int
    fits: bool = True  # False: nothing is expected to fit, and this takes the least

    @property
    def key(self) -> str:
        return f"{self.plan}/{'tiles' if self.tiles else 'whole'}"


@dataclass(slots=True)
class Remembered:
    """What one model's pictures took on one GPU: `taken` has the bytes above the weights by plan and size; `failed`
    has by plan the pixels for which memory ran out and the bytes that were free."""

    taken: dict[str, int] = field(default_factory=dict)
    failed: dict[str, tuple[int, int]] = field(default_factory=dict)

    def fails(self, placed: Placement, pixels: int, free: int) -> bool:
        """Whether memory ran out with this plan for no larger picture with no less memory free."""
        if placed.key not in self.failed:
            return False
        least, had = self.failed[placed.key]
        return pixels >= least and free <= had


def place(
    parts: Parts, free: int, size: tuple[int, int], known: Remembered | None = None, *, lower: int = 0
) -> Placement:
    """The fastest plan for a picture of (width, height) in `free` bytes of GPU memory, which hold none of the parts.

    `lower` leaves out as many of the plans that fit, because memory ran out in them. Where nothing fits, the plan that
    takes the least: it may still work, since estimates are careful.
    """
    pixels = size[0] * size[1]
    known = known or Remembered()
    every = [_expected(parts, plan, tiles, pixels, known) for plan in PLANS for tiles in (False, True)]
    fitting = [each for each in every if each.need <= free]
    tried = list(dict.fromkeys(each.plan for each in fitting))[:lower]
    for each in fitting:
        if each.plan not in tried and not known.fails(each, pixels, free):
            return each
    least = min(every, key=lambda each: each.need)
    return Placement(least.plan, least.tiles, least.need, fits=False)


def _expected(parts: Parts, plan: Plan, tiles: bool, pixels: int, known: Remembered) -> Placement:
    reading, painting, decoding = parts.weights(plan)
    megapixels = pixels / 1e6
    placed = Placement(plan, tiles, 0)
    measured = known.taken.get(_taken(placed, pixels))
    if measured is not None:
        need = max(reading, painting, decoding) + int(measured * SPARE)
    else:
        whole = int(DECODING * megapixels)
        need = max(
            reading + READING,
            painting + int(PAINTING * max(SMALLEST, megapixels)),
            decoding + (min(whole, DECODING_TILES) if tiles else whole),
        )
    return Placement(plan, tiles, need + CONTEXT)


def _taken(placed: Placement, pixels: int) -> str:
    return f"{placed.key}/{-(-pixels // QUARTER)}"


class Memory:
    """What was measured on this host, in a file that its children share: by the GPU's name and the weights' own."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def of(self, gpu: str, weights: str) -> Remembered:
        """What is known of a model on a GPU; nothing where the file is missing or cannot be read."""
        found = self._read().get(gpu, {}).get(weights, {})
        failed = {key: (int(pixels), int(free)) for key, (pixels, free) in found.get("failed", {}).items()}
        return Remembered(dict(found.get("taken", {})), failed)

    def took(self, gpu: str, weights: str, parts: Parts, placed: Placement, pixels: int, peak: int) -> None:
        """Remember the most bytes that a picture took in all."""
        above = max(0, peak - max(parts.weights(placed.plan)))
        with self._changing() as every:
            if every is not None:
                taken = _entry(every, gpu, weights).setdefault("taken", {})
                key = _taken(placed, pixels)
                taken[key] = max(above, taken.get(key, 0))

    def failed(self, gpu: str, weights: str, placed: Placement, pixels: int, free: int) -> None:
        """Remember that memory ran out in a plan, so that the next picture of this size begins lower."""
        with self._changing() as every:
            if every is not None:
                failed = _entry(every, gpu, weights).setdefault("failed", {})
                least, had = failed.get(placed.key, (pixels, free))
                failed[placed.key] = (min(pixels, least), max(free, had))

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Any] | None]:
        """Read the file, and write it back whole; one child at a time. None where nothing is remembered."""
        if self._path is None:
            yield None
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            every = self._read()
            yield every
            write_whole(self._path, json.dumps(every, indent=1, sort_keys=True).encode())
        finally:
            os.close(handle)


def _entry(every: dict[str, Any], gpu: str, weights: str) -> dict[str, Any]:
    found: dict[str, Any] = every.setdefault(gpu, {}).setdefault(weights, {})
    return found
