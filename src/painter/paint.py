"""Painting a picture from the sky forward, one layer after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from . import layers
from .compose import decide
from .easel import Easel
from .grounds import lay_out
from .lights import place_of_light
from .sheet import Sheet
from .skies import mix_palette
from .wish import Understanding
from .words import read


@dataclass(frozen=True)
class Stage:
    """The picture after one more layer: small while it grows, full size when done."""

    step: int
    steps: int
    picture: Image.Image
    done: bool


def understood(prompt: str) -> Understanding:
    """Which words of a prompt the painter knows, and which it leaves to chance."""
    return read(prompt).understanding


def paint(
    prompt: str, *, width: int, height: int, seed: int, negative_prompt: str = "", steps: int = 32
) -> Iterator[Stage]:
    """Paint a prompt; the same words, size and seed give the same pixels."""
    scene = decide(read(prompt, negative_prompt), width, height, seed)
    easel = Easel(Sheet(width, height), mix_palette(scene, seed), scene, seed)
    easel.grounds = lay_out(scene, width, height, seed)
    easel.light = place_of_light(easel)
    strokes = layers.plan(easel)
    steps, last = max(1, steps), 0
    for index, stroke in enumerate(strokes[:-1]):
        stroke()
        step = min(steps - 1, (index + 1) * steps // len(strokes))
        if step > last:
            last = step
            yield Stage(step, steps, easel.sheet.picture.reduce(4), done=False)
    strokes[-1]()
    yield Stage(steps, steps, easel.sheet.picture, done=True)
