"""Choosing the palette of a picture from its hour, its weather and its mood."""

from __future__ import annotations

import random
from dataclasses import replace

from .chance import dice_for
from .colour import lab, mix, rgb
from .hours import HOURS, Hour
from .palette import GRADES, NAMED, Palette
from .scene import Scene


def mix_palette(scene: Scene, seed: int) -> Palette:
    """The colours for a scene."""
    name = scene.hour
    dice = dice_for(f"{seed}:palette:{name}")
    hour = dice.choice(HOURS[name])
    weather = next((kind for kind in ("storm", "rain", "fog", "snow") if kind in scene.weather and kind != name), None)
    if weather is not None:
        hour = _under(hour, weather, dice)
    grades = tuple(GRADES[grade] for grade in scene.wish.grades if grade in GRADES)
    if scene.hour == "neon":
        grades = tuple(GRADES[grade] for grade in scene.wish.grades if grade in GRADES and grade != "neon")
    if scene.manner.finish == "ink":
        grades = (*grades, lambda c: (0.44 + 0.57 * c[0], c[1] * 0.62, c[2] * 0.62 + 0.006))
    sky = scene.thing("sky")
    dye = lab(NAMED[sky.colour]) if sky is not None and sky.colour else None
    return Palette(hour, grades, dice.uniform(-9, 9), dye)


def _under(hour: Hour, weather: str, dice: random.Random) -> Hour:
    """An hour's sky with weather drawn over it."""
    other = dice.choice(HOURS[weather])
    share = 0.45 if weather in {"snow", "fog"} else 0.6
    lift = 0.6 if hour.dark > 0.6 else 1.0

    def blend(first: str, second: str) -> str:
        veil = lab(second)
        mixed = mix(lab(first), (veil[0] * lift, veil[1], veil[2]), share)
        return "".join(f"{part:02x}" for part in rgb(mixed))

    return replace(hour, sky=tuple(blend(a, b) for a, b in zip(hour.sky, other.sky, strict=True)), air=other.air)
