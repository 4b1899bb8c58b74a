"""Colour in OKLab (Björn Ottosson, 2020), where mixing two colours looks like mixing two paints."""

from __future__ import annotations

import math
from functools import lru_cache

Lab = tuple[float, float, float]
Rgb = tuple[int, int, int]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


@lru_cache(maxsize=4096)
def lab(code: str) -> Lab:
    """Read a colour such as "ffd9a0" into OKLab."""
    r, g, b = (_linear(int(code[i : i + 2], 16) / 255) for i in (0, 2, 4))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _plain_rgb(colour: Lab) -> tuple[float, float, float]:
    lightness, a, b = colour
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def exact(colour: Lab) -> tuple[float, float, float]:
    """Turn OKLab into unrounded screen values, giving up chroma before lightness where the screen cannot follow."""
    lightness, a, b = colour
    lightness = min(1.0, max(0.0, lightness))
    keep = 1.0
    parts = _plain_rgb((lightness, a, b))
    while keep > 0.02 and not all(-0.002 <= part <= 1.002 for part in parts):
        keep *= 0.92
        parts = _plain_rgb((lightness, a * keep, b * keep))
    red, green, blue = (255 * _gamma(min(1.0, max(0.0, part))) for part in parts)
    return red, green, blue


@lru_cache(maxsize=8192)
def rgb(colour: Lab) -> Rgb:
    """Turn OKLab into screen bytes."""
    red, green, blue = exact(colour)
    return round(red), round(green), round(blue)


def mix(first: Lab, second: Lab, share: float) -> Lab:
    """The colour that lies `share` of the way from the first to the second."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def lch(lightness: float, chroma: float, hue: float) -> Lab:
    """A colour by lightness, chroma and hue in degrees."""
    turn = math.radians(hue)
    return lightness, chroma * math.cos(turn), chroma * math.sin(turn)


def chroma(colour: Lab) -> float:
    """How far a colour is from grey."""
    return math.hypot(colour[1], colour[2])


def hue(colour: Lab) -> float:
    """The hue of a colour in degrees."""
    return math.degrees(math.atan2(colour[2], colour[1])) % 360


def lighter(colour: Lab, by: float) -> Lab:
    """The same colour, lighter (or darker, below zero)."""
    return min(1.0, max(0.0, colour[0] + by)), colour[1], colour[2]


def vivid(colour: Lab, times: float) -> Lab:
    """The same colour with its chroma multiplied."""
    return colour[0], colour[1] * times, colour[2] * times


def along(stops: list[Lab], place: float) -> Lab:
    """The colour at a place between 0 and 1 on a ramp of equally spaced stops."""
    last = len(stops) - 1
    spot = min(1.0, max(0.0, place)) * last
    index = min(int(spot), last - 1)
    return mix(stops[index], stops[index + 1], spot - index)
