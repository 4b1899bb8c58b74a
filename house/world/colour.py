"""Colours as three numbers from 0 to 255, and what is done to them."""

from __future__ import annotations

Colour = tuple[float, float, float]

WHITE: Colour = (255, 255, 255)
INK: Colour = (34, 28, 38)


def rgb(code: str) -> Colour:
    """Six hexadecimal digits as a colour."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Two colours blended, `share` of the second."""
    return tuple(x + (y - x) * share for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, WHITE, share)


def darker(colour: Colour, share: float) -> Colour:
    """Towards a deep violet instead of black, which keeps shadows alive."""
    return mix(colour, (24, 10, 40), share)


def lightness(colour: Colour) -> float:
    """How bright a colour looks, from 0 to 1."""
    return (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 255


def between(colours: list[Colour], at: float) -> Colour:
    """The colour at `at` (0 to 1) of a row of evenly spaced stops."""
    place = min(max(at, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    return mix(colours[first], colours[first + 1], place - first)
