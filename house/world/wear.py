"""Clothes and hats: large areas of one clear colour."""

from __future__ import annotations

from dataclasses import replace

from house.world.colour import WHITE, Colour, darker, lighter, lightness
from house.world.face import Head
from house.world.pen import Pen, Point, blob, box, curve, oval, polygon


def trim(colour: Colour, share: float = 0.3) -> Colour:
    """A second tone that keeps the first one's name: darker, or lighter on black."""
    return lighter(colour, share * 0.6) if lightness(colour) < 0.22 else darker(colour, share)


def clothes(pen: Pen, head: Head, kind: str, colour: Colour, broad: float, foot: float) -> None:
    """Shoulders and chest under a neck; `broad` is half the shoulders' width, `foot` the picture's lower edge."""
    x, top = head.x - 0.05 * head.turn * head.w, head.y + head.h * 1.52

    def at(dx: float, dy: float) -> Point:
        return x + dx, top + dy

    if kind == "hoodie":
        pen.shape(
            blob(
                [
                    at(-0.17, -0.02),
                    at(-0.1, -0.1),
                    at(0.1, -0.1),
                    at(0.17, -0.02),
                    at(0.19, 0.09),
                    at(0, 0.14),
                    at(-0.19, 0.09),
                ]
            ),
            trim(colour, 0.22),
        )
    body = blob(
        [
            at(-0.07, -0.045),
            at(-broad * 0.62, -0.01),
            at(-broad * 1.05, 0.035),
            at(-broad - 0.06, 0.2),
            (x - broad - 0.09, foot + 0.2),
            (x + broad + 0.09, foot + 0.2),
            at(broad + 0.06, 0.2),
            at(broad * 1.05, 0.035),
            at(broad * 0.62, -0.01),
            at(0.07, -0.045),
        ]
    )
    pen.shape(body, colour)
    with pen.inside(body):
        if kind == "striped":
            bright = WHITE if lightness(colour) < 0.86 else (150, 156, 176)
            for row in range(8):
                y = 0.062 + 0.054 * row
                pen.line(curve(at(-0.6, y), at(0, y + 0.03), at(0.6, y)), bright, 0.0155)
        for s in (-1, 1):  # arms
            pen.line(
                curve(at(s * (broad - 0.045), 0.16), at(s * (broad - 0.06), 0.25), at(s * (broad - 0.055), 0.45)),
                trim(colour, 0.34),
                0.0085,
            )
    _collar(pen, kind, colour, x, top)


def _collar(pen: Pen, kind: str, colour: Colour, x: float, y: float) -> None:
    edge = trim(colour, 0.32)
    if kind in ("t-shirt", "striped"):
        pen.line(curve((x - 0.09, y - 0.035), (x, y + 0.075), (x + 0.09, y - 0.035)), edge, 0.015)
    elif kind == "turtleneck":
        pen.shape(box(x - 0.085, y - 0.105, x + 0.085, y + 0.012, 0.022), colour, lift=0.6)
        pen.line(curve((x - 0.082, y + 0.01), (x, y + 0.03), (x + 0.082, y + 0.01)), edge, 0.009)
        for k in range(-3, 4):
            pen.stroke((x + 0.023 * k, y - 0.09), (x + 0.023 * k, y), edge, 0.0052, 190)
    elif kind == "shirt":
        pen.stroke((x, y + 0.03), (x, y + 0.5), edge, 0.007)
        for row in range(3):
            pen.dot(x, y + 0.1 + 0.075 * row, 0.0085, WHITE if lightness(colour) < 0.8 else edge)
        for s in (-1, 1):
            pen.shape(
                polygon(
                    [
                        (x + s * 0.012, y + 0.035),
                        (x + s * 0.082, y - 0.07),
                        (x + s * 0.135, y - 0.02),
                        (x + s * 0.088, y + 0.085),
                    ]
                ),
                lighter(colour, 0.16) if lightness(colour) < 0.86 else darker(colour, 0.07),
                lift=0.6,
            )
    elif kind == "hoodie":
        pen.line(curve((x - 0.1, y - 0.03), (x, y + 0.1), (x + 0.1, y - 0.03)), edge, 0.02)
        for s in (-1, 1):
            pen.stroke(
                (x + s * 0.042, y + 0.045), (x + s * 0.05, y + 0.16), WHITE if lightness(colour) < 0.8 else edge, 0.009
            )


def hat(pen: Pen, head: Head, kind: str, colour: Colour) -> None:
    """A beanie, a baseball cap, or a hat with a wide brim."""
    head, shift = replace(head, y=head.y - 0.13 * head.h), 0.1 * head.turn
    if kind == "beanie":
        dome = blob(
            head.all(
                (-1.16, -0.35), (-1.24, -1.0), (-0.8, -1.62), (0, -1.78), (0.8, -1.62), (1.24, -1.0), (1.16, -0.35)
            )
        )
        x, y = head.at(shift, -1.7)
        pen.shape(oval(x, y, 0.047, 0.047), lighter(colour, 0.22) if lightness(colour) < 0.86 else darker(colour, 0.12))
        pen.shape(dome, colour)
        for u in (-0.55, 0.0, 0.55):
            pen.line(
                curve(head.at(u * 1.2 + shift, -0.8), head.at(u * 1.1 + shift, -1.2), head.at(u * 0.55 + shift, -1.52)),
                trim(colour, 0.25),
                0.0075,
                200,
            )
        (left, top), (right, foot) = head.at(-1.19, -0.82), head.at(1.19, -0.46)
        cuff = trim(colour, 0.2)
        pen.shape(box(left, top, right, foot, 0.026), cuff)
        for k in range(1, 9):
            u = left + (right - left) * k / 9
            pen.stroke((u, top + 0.012), (u, foot - 0.012), trim(cuff, 0.28), 0.0055, 190)
    elif kind == "cap":
        dome = blob(
            head.all(
                (-1.13, -0.5),
                (-1.18, -1.0),
                (-0.78, -1.5),
                (0, -1.62),
                (0.78, -1.5),
                (1.18, -1.0),
                (1.13, -0.5),
                (0, -0.62),
            )
        )
        pen.shape(dome, colour)
        for u in (-0.45, 0.45):
            pen.line(
                curve(head.at(u * 1.3 + shift, -0.72), head.at(u * 1.2 + shift, -1.2), head.at(shift, -1.52)),
                trim(colour, 0.28),
                0.0075,
            )
        pen.flat(oval(*head.at(shift, -1.53), 0.014, 0.011), trim(colour, 0.3))
        aim = 0.55 * head.turn
        visor = blob(
            head.all(
                (-1.02 + aim, -0.68),
                (-0.5 + aim, -0.84),
                (0.5 + aim, -0.84),
                (1.02 + aim, -0.68),
                (1.2 + aim, -0.4),
                (0.6 + aim, -0.36),
                (-0.6 + aim, -0.36),
                (-1.2 + aim, -0.4),
            )
        )
        pen.shape(visor, trim(colour, 0.2))
    else:
        crown = blob(
            head.all(
                (-0.98, -0.62),
                (-1.02, -1.2),
                (-0.72, -1.75),
                (-0.12, -1.56),
                (0.12, -1.56),
                (0.72, -1.75),
                (1.02, -1.2),
                (0.98, -0.62),
            )
        )
        x, y = head.at(0, -0.62)
        brim = oval(x, y, head.w * 1.86, head.h * 0.2)
        pen.shape(brim, trim(colour, 0.14))
        pen.shape(crown, colour)
        with pen.inside(crown):
            band = WHITE if lightness(colour) < 0.6 else (60, 44, 60)
            pen.line(curve(head.at(-1.2, -0.86), head.at(0, -0.76), head.at(1.2, -0.86)), band, 0.026)
        front = blob(
            head.all(
                (-1.86, -0.66),
                (-1.0, -0.6),
                (0, -0.55),
                (1.0, -0.6),
                (1.86, -0.66),
                (1.5, -0.46),
                (0, -0.36),
                (-1.5, -0.46),
            )
        )
        pen.shape(front, trim(colour, 0.14), lift=0.8)
