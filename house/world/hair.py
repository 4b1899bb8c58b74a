"""Hair: what lies behind the head, what falls over the forehead."""

from __future__ import annotations

import math

from house.world.colour import Colour, darker, lighter
from house.world.face import Face, Head
from house.world.pen import Pen, Point, arc, blob, curve, heap, oval


def hair_behind(pen: Pen, head: Head, face: Face, cut: str, colour: Colour) -> None:
    """The mass at the back, drawn before neck and face."""
    deep, big = darker(colour, 0.2), face.volume
    if cut == "long":
        points = [
            (-0.95, -1.2),
            (0, -1.5),
            (0.95, -1.2),
            (1.5 * big, -0.2),
            (1.36 * big, 0.8),
            (1.62 * big, 1.6),
            (1.25, 2.1),
            (0.7, 1.85),
            (-0.7, 1.85),
            (-1.25, 2.1),
            (-1.62 * big, 1.6),
            (-1.36 * big, 0.8),
            (-1.5 * big, -0.2),
        ]
        pen.shape(blob(head.all(*points)), deep)
        for s in (-1, 1):
            pen.line(
                curve(head.at(s * 1.22, 0.3), head.at(s * 1.1, 1.1), head.at(s * 1.35, 1.75)),
                lighter(colour, 0.12),
                0.009,
                150,
            )
    elif cut == "bob":
        points = [
            (-0.95, -1.25),
            (0, -1.5),
            (0.95, -1.25),
            (1.42 * big, -0.4),
            (1.5 * big, 0.55),
            (1.46 * big, 1.06),
            (0.7, 1.02),
            (-0.7, 1.02),
            (-1.46 * big, 1.06),
            (-1.5 * big, 0.55),
            (-1.42 * big, -0.4),
        ]
        pen.shape(blob(head.all(*points)), deep)
    elif cut == "curly":
        curls = []
        for i in range(15):
            t = math.pi * (0.82 + 1.36 * i / 14)
            x, y = head.at(1.18 * big * math.cos(t), -0.18 + 1.02 * math.sin(t))
            curls.append((x, y, head.w * (0.4 + 0.05 * math.sin(5.0 * i))))
        pen.shape(heap([*curls, (*head.at(0, -0.5), head.w * 1.05)]), deep)
    elif cut == "bun":
        x, y = head.at(0.1 * head.turn, -1.36)
        r = head.w * 0.52 * big
        pen.shape(oval(x, y, r, r * 0.92), deep)
        pen.line(
            curve((x - r * 0.6, y + r * 0.1), (x, y - r * 0.7), (x + r * 0.5, y - r * 0.2)),
            lighter(colour, 0.3),
            0.009,
            170,
        )
    elif cut == "braids":
        pen.shape(
            blob(
                head.all(
                    (-0.95, -1.2), (0, -1.46), (0.95, -1.2), (1.3, -0.2), (1.16, 0.75), (-1.16, 0.75), (-1.3, -0.2)
                )
            ),
            deep,
        )


def braids(pen: Pen, head: Head, colour: Colour) -> None:
    """Two braids over the shoulders, drawn after the clothes."""
    for s in (-1, 1):
        for k in range(6):
            x, y = head.at(s * (1.14 + 0.035 * k), 0.62 + 0.245 * k)
            r = 0.036 - 0.0016 * k
            pen.shape(oval(x, y, r, r * 0.96), lighter(colour, 0.06) if k % 2 else colour, lift=0.4, line=0.006)
        x, y = head.at(s * 1.34, 2.1)
        pen.shape(oval(x, y + 0.012, 0.02, 0.03), darker(colour, 0.15), lift=0.2, line=0.005)
        pen.stroke((x - 0.017, y - 0.018), (x + 0.017, y - 0.018), (216, 60, 70), 0.011)


def hair_front(pen: Pen, head: Head, face: Face, cut: str, colour: Colour) -> None:
    """The cap of hair and what falls over the forehead."""
    if cut == "bald":
        return
    shift, p, big = 0.1 * head.turn, face.parting, face.volume
    if cut == "curly":
        curls = []
        for i in range(9):
            t = math.pi * (1.0 + i / 8)
            x, y = head.at(shift + 0.86 * math.cos(t), -0.54 + 0.56 * big * math.sin(t))
            curls.append((x, y, head.w * (0.32 + 0.04 * math.sin(7.0 * i))))
        pen.shape(heap([*curls, (*head.at(shift, -1.0), head.w * 0.4)]), colour, lift=0.4)
        for x, y, r in curls[::2]:
            pen.line(arc(x, y, r * 0.55, 190, 200), lighter(colour, 0.2), 0.0075, 170)
        return
    side = {"short": -0.1, "long": 0.35, "bob": 0.5, "bun": -0.3, "braids": 0.05}[cut]
    top = -1.42 - (0.14 * (big - 0.9) * 4 if cut == "short" else 0.02)
    outer: list[Point] = [
        (-1.1, side),
        (-1.2, -0.62),
        (-0.85, -1.3),
        (0.0, top),
        (0.85, -1.3),
        (1.2, -0.62),
        (1.1, side),
    ]
    fringe: dict[str, list[Point]] = {
        "short": [
            (0.96, -0.5),
            (0.78, -0.66),
            (0.3 * p + 0.25, -0.6),
            (0.3 * p - 0.25, -0.78),
            (-0.78, -0.66),
            (-0.96, -0.5),
        ],
        "long": [
            (0.94, -0.25),
            (0.8, -0.62),
            (0.35 * p + 0.1, -0.98),
            (0.35 * p - 0.1, -0.98),
            (-0.8, -0.62),
            (-0.94, -0.25),
        ],
        "bob": [(0.96, 0.1), (0.92, -0.46), (0.5, -0.56), (0.0, -0.54), (-0.5, -0.56), (-0.92, -0.46), (-0.96, 0.1)],
        "bun": [(0.95, -0.55), (0.7, -0.82), (0.25, -0.92), (-0.25, -0.92), (-0.7, -0.82), (-0.95, -0.55)],
        "braids": [(0.95, -0.3), (0.72, -0.66), (0.06, -1.02), (-0.06, -1.02), (-0.72, -0.66), (-0.95, -0.3)],
    }
    points = [*outer, *((u + shift, v) for u, v in fringe[cut])]
    pen.shape(blob(head.all(*points)), colour, lift=0.5)
    light = lighter(colour, 0.26)
    if cut in ("short", "bun"):
        pen.line(
            curve(head.at(0.5 * p + shift, -1.1), head.at(-0.1 * p, -1.16), head.at(-0.62 * p + shift, -0.92)),
            light,
            0.0105,
            170,
        )
    elif cut in ("long", "braids"):
        for s in (-1, 1):
            a = 0.35 * p if cut == "long" else 0.0
            pen.line(
                curve(head.at(a + s * 0.12 + shift, -1.06), head.at(s * 0.75, -0.98), head.at(s * 0.98, -0.5)),
                light,
                0.009,
                160,
            )
    else:
        for u in (-0.55, -0.18, 0.2, 0.56):
            pen.line(curve(head.at(u * 0.8, -1.1), head.at(u, -0.85), head.at(u * 1.05, -0.6)), light, 0.008, 140)
