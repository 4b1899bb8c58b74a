"""What stands in a scene and carries a colour of its own: boat, house, balloon and tree."""

from __future__ import annotations

import math
import random

from house.world.colour import Colour, darker, lighter, mix, rgb
from house.world.fields import THINGS
from house.world.land import LAMPLIGHT, fir
from house.world.mood import SNOW, Mood
from house.world.pen import Pen, blob, box, curve, oval, polygon
from house.world.sky import side
from house.world.streams import stream

SAIL: Colour = (253, 248, 236)
WOOD: Colour = (112, 74, 48)


def boat(pen: Pen, mood: Mood, seed: int, colour: str) -> None:
    """A sailing boat: its hull and its jib carry the colour."""
    rng = stream(seed, "boat")
    x, y = mood.width * rng.uniform(0.3, 0.7), mood.height * rng.uniform(0.735, 0.8)
    s, face = rng.uniform(0.13, 0.16), rng.choice([-1, 1])
    hue, sail = mood.painted(THINGS[colour]), mood.painted(SAIL)
    rim = darker(hue, 0.35) if colour not in ("black",) else lighter(hue, 0.3)
    pen.flat(box(x - 0.98 * s, y + 0.4 * s, x + 0.98 * s, y + 0.52 * s, 0.05 * s), (255, 255, 255), 90)
    pen.stroke((x, y), (x, y - 2.05 * s), mood.painted(WOOD), 0.011)
    pen.shape(
        blob(
            [
                (x, y - 2.1 * s),
                (x + face * 0.02, y - 2.0 * s),
                (x + face * 0.62 * s, y - 1.0 * s),
                (x + face * 1.12 * s, y - 0.14 * s),
                (x + face * 0.08 * s, y - 0.14 * s),
                (x + face * 0.05 * s, y - 0.8 * s),
            ]
        ),
        sail,
    )
    pen.shape(
        polygon(
            [
                (x - face * 0.07 * s, y - 1.72 * s),
                (x - face * 0.07 * s, y - 0.16 * s),
                (x - face * 0.86 * s, y - 0.16 * s),
            ]
        ),
        hue,
    )
    hull = blob(
        [
            (x - 1.3 * s, y - 0.07 * s),
            (x - 1.14 * s, y - 0.08 * s),
            (x + 1.14 * s, y - 0.08 * s),
            (x + 1.3 * s, y - 0.07 * s),
            (x + 0.9 * s, y + 0.5 * s),
            (x + 0.3 * s, y + 0.5 * s),
            (x - 0.3 * s, y + 0.5 * s),
            (x - 0.9 * s, y + 0.5 * s),
        ]
    )
    pen.shape(hull, hue)
    with pen.inside(hull):
        pen.flat(box(x - 1.4 * s, y - 0.1 * s, x + 1.4 * s, y + 0.05 * s), rim)


def house(pen: Pen, mood: Mood, seed: int, colour: str) -> None:
    """A gabled house whose walls carry the colour."""
    rng = stream(seed, "house")
    x, y = mood.width * (0.5 + side(seed) * rng.uniform(0.1, 0.26)), mood.height * rng.uniform(0.83, 0.87)
    s, walls = rng.uniform(0.105, 0.13), mood.painted(THINGS[colour])
    roof = mood.painted(rgb("f3ece0") if colour == "black" else rgb("4a3d52"))
    if mood.weather == "snow":
        roof = mood.painted(SNOW)
    glass = LAMPLIGHT if mood.dark else mood.painted(rgb("bfe3f2"))
    frame = mood.painted(rgb("fdf9ef") if colour != "white" else rgb("6b5a58"))
    pen.shape(box(x + 0.42 * s, y - 1.75 * s, x + 0.68 * s, y - 1.0 * s), mood.painted(rgb("8a5648")), lift=0.5)
    pen.shape(polygon([(x - s, y), (x - s, y - 0.95 * s), (x, y - 1.7 * s), (x + s, y - 0.95 * s), (x + s, y)]), walls)
    pen.flat(box(x + 0.62 * s, y - 0.95 * s, x + s, y), darker(walls, 0.4), 70)
    eaves = polygon(
        [
            (x - 1.22 * s, y - 0.86 * s),
            (x, y - 1.9 * s),
            (x + 1.22 * s, y - 0.86 * s),
            (x + 1.08 * s, y - 0.68 * s),
            (x, y - 1.6 * s),
            (x - 1.08 * s, y - 0.68 * s),
        ]
    )
    pen.shape(eaves, roof)
    for wx in (-0.5, 0.5):
        pen.flat(box(x + (wx - 0.24) * s, y - 0.82 * s, x + (wx + 0.24) * s, y - 0.3 * s), frame)
        pen.flat(box(x + (wx - 0.18) * s, y - 0.76 * s, x + (wx + 0.18) * s, y - 0.36 * s), glass)
    pen.flat(box(x - 0.13 * s, y - 0.5 * s, x + 0.13 * s, y, 0.04 * s), mood.painted(WOOD))
    pen.flat(oval(x, y - 1.18 * s, 0.15 * s, 0.15 * s), glass)


def balloon(pen: Pen, mood: Mood, seed: int, colour: str) -> None:
    """A hot-air balloon with two broad stripes of its colour."""
    rng = stream(seed, "balloon")
    x = mood.width * (0.5 - side(seed) * rng.uniform(0.14, 0.3))
    y, r = mood.height * rng.uniform(0.17, 0.26), rng.uniform(0.1, 0.125)
    hue = mood.painted(THINGS[colour])
    trim = mood.painted(rgb("fbf3e0") if colour not in ("white", "yellow") else rgb("d98a5b"))
    shape = blob(
        [
            (x - 0.8 * r, y - 1.05 * r),
            (x + 0.8 * r, y - 1.05 * r),
            (x + 1.25 * r, y - 0.1 * r),
            (x + 0.72 * r, y + 0.85 * r),
            (x + 0.16 * r, y + 1.3 * r),
            (x - 0.16 * r, y + 1.3 * r),
            (x - 0.72 * r, y + 0.85 * r),
            (x - 1.25 * r, y - 0.1 * r),
        ]
    )
    basket = y + 1.72 * r
    for dx in (-0.17, 0.17):
        pen.stroke((x + dx * r, y + 1.2 * r), (x + dx * 0.9 * r, basket), mood.painted(WOOD), 0.005)
    pen.shape(shape, hue)
    with pen.inside(shape):
        pen.flat(
            blob(
                [
                    (x - 0.62 * r, y - 1.3 * r),
                    (x - 0.42 * r, y - 1.3 * r),
                    (x - 0.5 * r, y),
                    (x - 0.08 * r, y + 1.5 * r),
                    (x - 0.2 * r, y + 1.5 * r),
                    (x - 0.84 * r, y),
                ]
            ),
            trim,
        )
        pen.flat(
            blob(
                [
                    (x + 0.62 * r, y - 1.3 * r),
                    (x + 0.42 * r, y - 1.3 * r),
                    (x + 0.5 * r, y),
                    (x + 0.08 * r, y + 1.5 * r),
                    (x + 0.2 * r, y + 1.5 * r),
                    (x + 0.84 * r, y),
                ]
            ),
            trim,
        )
        pen.flat(oval(x + 0.75 * r, y + 0.1 * r, 0.5 * r, 1.4 * r), darker(hue, 0.5), 40)
    pen.shape(box(x - 0.22 * r, basket, x + 0.22 * r, basket + 0.32 * r, 0.05 * r), mood.painted(WOOD), lift=0.5)


CROWNS = {"oak": "3f8f3c", "maple": "e0581c", "cherry": "f6a6c4"}


def tree(pen: Pen, mood: Mood, seed: int, kind: str) -> None:
    """One large tree in the foreground, on the side that the sun leaves free."""
    rng = stream(seed, "tree")
    x, y = mood.width * (0.5 - side(seed) * rng.uniform(0.24, 0.34)), mood.height * rng.uniform(0.93, 0.97)
    tall = mood.height * rng.uniform(0.4, 0.47)
    if kind == "pine":
        trunk = mood.painted(WOOD)
        pen.shape(box(x - 0.014, y - 0.1, x + 0.014, y), trunk, lift=0.4)
        fir(pen, x, y - 0.05, tall, _leaf(mood, "1f6049"), 0.125)
    elif kind == "palm":
        _palm(pen, mood, rng, x, y, tall * 0.82)
    elif kind == "bare":
        _bare(pen, mood, rng, x, y, tall)
    else:
        _round(pen, mood, rng, (x, y, tall), kind)


def _leaf(mood: Mood, code: str) -> Colour:
    colour = mood.painted(rgb(code))
    shade, share = mood.shade
    return mix(mix(colour, shade, share * 0.25), SNOW, 0.3 if mood.weather == "snow" else 0)


def _round(pen: Pen, mood: Mood, rng: random.Random, place: tuple[float, float, float], kind: str) -> None:
    x, y, tall = place
    colour, bark = _leaf(mood, CROWNS[kind]), mood.painted(darker(WOOD, 0.25))
    top = y - tall * 0.62
    pen.shape(polygon([(x - 0.024, y), (x - 0.013, top), (x + 0.013, top), (x + 0.026, y)]), bark, lift=0.5)
    for dx in (-0.05, 0.055):
        pen.stroke((x, y - tall * 0.42), (x + dx, top), bark, 0.011)
    spots = [
        (-0.085, 0.02, 0.075),
        (0.085, 0.025, 0.075),
        (-0.05, -0.055, 0.075),
        (0.05, -0.06, 0.078),
        (0.0, -0.005, 0.095),
    ]
    for k, (dx, dy, r) in enumerate(spots):
        bx, by, size = x + dx + rng.uniform(-0.012, 0.012), top + dy, r * rng.uniform(0.92, 1.1)
        pen.shape(oval(bx, by, size, size * 0.92), mix(colour, (255, 255, 235), 0.05 * k), lift=0.7, line=0.006)
    for _ in range(9):
        dx, dy = rng.uniform(-0.11, 0.11), rng.uniform(-0.1, 0.05)
        pen.dot(
            x + dx,
            top + dy,
            rng.uniform(0.009, 0.014),
            lighter(colour, 0.35) if kind != "cherry" else rgb("fde3ee"),
            230,
        )


def _palm(pen: Pen, mood: Mood, rng: random.Random, x: float, y: float, tall: float) -> None:
    lean = -side(rng.randint(0, 9)) * rng.uniform(0.03, 0.06)
    tx, ty = x + lean, y - tall * 0.95
    pen.line(curve((x, y), (x - lean * 0.5, y - tall * 0.5), (tx, ty)), mood.painted(darker(WOOD, 0.1)), 0.022)
    colour = _leaf(mood, "2a8a4a")
    for turn in (-2.9, -2.35, -1.8, -1.25, -0.7, -0.2):
        dx, dy = math.cos(turn), math.sin(turn) * 0.5
        ex, ey = tx + 0.14 * dx, ty + 0.14 * dy + 0.075
        mx, my = tx + 0.085 * dx, ty + 0.14 * dy - 0.04
        pen.shape(
            blob([(tx, ty), (mx, my - 0.016), (ex, ey), (mx - 0.012 * dx, my + 0.036)]), colour, lift=0.5, line=0.005
        )
    for dx in (-0.014, 0.014):
        pen.dot(tx + dx, ty + 0.01, 0.013, mood.painted(rgb("6b4226")))


def _bare(pen: Pen, mood: Mood, rng: random.Random, x: float, y: float, tall: float) -> None:
    bark = mood.painted(rgb("3d2b2f")) if mood.hour != "night" else rgb("120e1c")
    top = y - tall * 0.55
    pen.shape(polygon([(x - 0.026, y), (x - 0.012, top), (x + 0.012, top), (x + 0.026, y)]), bark, lift=0.4, line=0)

    def branch(bx: float, by: float, turn: float, long: float, thick: float) -> None:
        ex, ey = bx + long * math.sin(turn), by - long * math.cos(turn)
        pen.stroke((bx, by), (ex, ey), bark, thick)
        if thick > 0.006:
            for bend in (rng.uniform(-0.75, -0.4), rng.uniform(0.35, 0.75)):
                branch(ex, ey, turn + bend, long * 0.72, thick * 0.62)

    for turn in (-0.75, -0.1, 0.6):
        branch(x, top + 0.02, turn + rng.uniform(-0.1, 0.1), tall * 0.26, 0.015)
