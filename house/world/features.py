"""Eyes, brows, nose, mouth, beard and glasses."""

from __future__ import annotations

import skia

from house.world.colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from house.world.face import Face, Head
from house.world.fields import EYES, Attributes
from house.world.pen import Pen, blob, box, curve, oval, polygon
from house.world.streams import stream

LIPS = {"fair": "d0505c", "tan": "bd4650", "brown": "a03640", "dark": "8f3540"}
RIM: Colour = (30, 27, 36)


def features(pen: Pen, head: Head, face: Face, a: Attributes, skin: Colour, hair: Colour) -> None:
    """Everything between forehead and chin, glasses apart."""
    _cheeks(pen, head, face, skin)
    _nose(pen, head, face, skin, a)
    for s in (-1, 1):
        _eye(pen, head, face, a, s, skin)
        _brow(pen, head, face, a, s, hair)
    if a["beard"] == "beard":
        _full_beard(pen, head, face, hair)
    _mouth(pen, head, face, a)
    if a["beard"] != "none":
        _moustache(pen, head, face, darker(hair, 0.12), a["beard"] == "moustache")


def _cheeks(pen: Pen, head: Head, face: Face, skin: Colour) -> None:
    red = mix(skin, rgb("e2483f"), 0.55)
    for s in (-1, 1):
        x, y = head.front(s * 0.6, 0.38)
        if face.blush:
            pen.flat(oval(x, y, 0.034, 0.026), red, face.blush)
        if face.freckles:
            rng = stream(s, "freckles")
            for _ in range(5):
                pen.dot(
                    x + rng.uniform(-0.03, 0.03),
                    y + rng.uniform(-0.03, 0.01),
                    0.0042,
                    darker(mix(skin, red, 0.4), 0.25),
                    190,
                )
    if face.mole:
        x, y = head.front(face.mole * 0.42, 0.52)
        pen.dot(x, y, 0.0062, darker(skin, 0.7))


def _eye(pen: Pen, head: Head, face: Face, a: Attributes, s: int, skin: Colour) -> None:
    x, y = head.front(s * face.eye_gap, 0.0)
    woman, wide = a["who"] == "woman", 0.05 * face.eye_size
    high = 0.029 * face.eye_size * {"surprised": 1.32, "laughing": 0.78, "sad": 0.92}.get(a["mouth"], 1.0)
    slant = face.eye_slant * 0.03
    inner, outer = (x - s * wide, y + 0.004 + slant * 0.4), (x + s * wide, y - slant)
    shape = skia.Path()
    shape.moveTo(*inner)
    shape.cubicTo(x - s * wide * 0.4, y - high * 1.45, x + s * wide * 0.5, y - high * 1.5, *outer)
    shape.cubicTo(x + s * wide * 0.45, y + high * 1.15, x - s * wide * 0.45, y + high * 1.15, *inner)
    pen.flat(shape, (254, 252, 248))
    gaze = head.turn * 0.006
    with pen.inside(shape):
        pen.dot(x + gaze, y - 0.0015, 0.0262 * face.eye_size, EYES[a["eyes"]])
        pen.dot(x + gaze, y - 0.0015, 0.0115 * face.eye_size, (18, 14, 20))
    pen.dot(x + gaze + 0.008, y - 0.01, 0.0068, WHITE)
    lid = curve(inner, (x + s * wide * 0.02, y - high * 2.0), outer)
    pen.line(lid, INK, 0.0105 if woman else 0.0078)
    if woman:
        pen.stroke(outer, (outer[0] + s * 0.014, outer[1] - 0.0125), INK, 0.0085)
    pen.line(
        curve((inner[0] + s * 0.008, y + high * 0.85), (x, y + high * 1.15), (outer[0] - s * 0.004, y + high * 0.62)),
        darker(skin, 0.32),
        0.0042,
        170,
    )


def _brow(pen: Pen, head: Head, face: Face, a: Attributes, s: int, hair: Colour) -> None:
    lift = face.brow_lift + {"surprised": 0.08, "laughing": 0.03, "sad": 0.0}.get(a["mouth"], 0.0)
    v, slant = -0.3 - lift, face.brow_slant + (0.14 if a["mouth"] == "sad" else 0.0)
    gap = face.eye_gap
    inner, middle, outer = (
        head.front(s * (gap - 0.23), v + 0.03 - slant),
        head.front(s * (gap + 0.05), v - 0.1),
        head.front(s * (gap + 0.27), v + 0.06 + slant * 0.5),
    )
    thick = 0.031 if a["brows"] == "thick" else 0.009
    pen.line(curve(inner, middle, outer), darker(hair, 0.3), thick)


def _nose(pen: Pen, head: Head, face: Face, skin: Colour, a: Attributes) -> None:
    aim = {"left": -1, "right": 1}.get(a["pose"], face.parting)
    low, wide = face.nose_long, face.nose_wide
    bridge, tip, wing = (
        head.front(aim * 0.06, -0.05),
        head.front(aim * (wide + 0.05), low - 0.03),
        head.front(-aim * wide * 0.55, low + 0.02),
    )
    shadow = darker(mix(skin, rgb("a03a30"), 0.3), 0.16)
    pen.flat(
        blob(
            [
                head.front(aim * 0.05, -0.1),
                tip,
                head.front(aim * wide * 0.8, low + 0.05),
                head.front(-aim * wide * 0.5, low + 0.05),
                head.front(0, 0.1),
            ]
        ),
        shadow,
        70,
    )
    pen.line(
        curve(
            bridge,
            head.front(aim * (wide * 0.5 + 0.04), low * 0.55),
            tip,
            head.front(aim * wide * 0.6, low + 0.07),
            wing,
        ),
        darker(shadow, 0.22),
        0.0078,
    )


def _mouth(pen: Pen, head: Head, face: Face, a: Attributes) -> None:
    """Lips or an open mouth, by expression."""
    wide, v, kind = face.mouth_wide, face.mouth_low, a["mouth"]
    lips = rgb(LIPS[a["skin"]]) if a["who"] == "woman" else darker(rgb(LIPS[a["skin"]]), 0.18)
    left, right, full = head.front(-wide, v), head.front(wide, v), face.lip_full
    if kind == "laughing":
        left, right = head.front(-wide * 1.15, v - 0.05), head.front(wide * 1.15, v - 0.05)
        path = curve(
            left,
            head.front(0, v + 0.03),
            right,
            head.front(wide * 0.75, v + 0.34),
            head.front(0, v + 0.27),
            head.front(-wide * 0.75, v + 0.34),
            left,
        )
        pen.flat(path, (110, 22, 34))
        with pen.inside(path):
            x, y = head.front(0, v - 0.02)
            pen.flat(box(x - 0.06, y - 0.02, x + 0.06, y + 0.0225), WHITE)
            pen.flat(oval(x, y + 0.066, 0.034, 0.022), (222, 92, 98))
        pen.line(path, lips, 0.0085)
        return
    if kind == "surprised":
        x, y = head.front(0, v + 0.05)
        pen.flat(oval(x, y, 0.035, 0.044), (104, 20, 32))
        pen.flat(oval(x, y + 0.024, 0.021, 0.014), (210, 86, 92))
        pen.line(oval(x, y, 0.035, 0.044), lips, 0.011)
        return
    bend = {"calm": 0.02, "smiling": 0.26, "sad": -0.24}[kind]
    corner = {"calm": 0.0, "smiling": -0.06, "sad": 0.1}[kind]
    left, right = head.front(-wide, v + corner), head.front(wide, v + corner)
    if a["who"] == "woman":
        upper = [
            left,
            head.front(-wide * 0.42, v - 0.085 * full + bend * 0.3),
            head.front(-0.07, v - 0.055 * full + bend * 0.3),
            head.front(0, v - 0.035 + bend * 0.3),
            head.front(0.07, v - 0.055 * full + bend * 0.3),
            head.front(wide * 0.42, v - 0.085 * full + bend * 0.3),
            right,
        ]
        deep = (0.075 if kind == "smiling" else 0.12) * full + max(bend, 0) * 0.72
        lower = [head.front(wide * 0.55, v + deep), head.front(0, v + deep), head.front(-wide * 0.55, v + deep)]
        path = skia.Path()
        path.moveTo(*left)
        path.quadTo(*upper[1], *upper[3])
        path.quadTo(*upper[5], *right)
        path.quadTo(*lower[0], *lower[1])
        path.quadTo(*lower[2], *left)
        pen.flat(path, lips)
        pen.line(curve(left, head.front(0, v + bend * 0.8), right), darker(lips, 0.5), 0.0062)
    else:
        pen.line(
            curve(
                head.front(-wide * 0.5, v + 0.11 + bend * 0.6),
                head.front(0, v + 0.15 + bend * 0.9),
                head.front(wide * 0.5, v + 0.11 + bend * 0.6),
            ),
            lips,
            0.011,
            150,
        )
        pen.line(curve(left, head.front(0, v + bend * 1.1), right), darker(lips, 0.55), 0.0105)
    if kind == "smiling":
        for s in (-1, 1):
            pen.line(
                curve(
                    head.front(s * (wide + 0.05), v - 0.12),
                    head.front(s * (wide + 0.11), v - 0.02),
                    head.front(s * (wide + 0.05), v + 0.06),
                ),
                darker(lips, 0.35),
                0.0055,
                150,
            )


def _full_beard(pen: Pen, head: Head, face: Face, hair: Colour) -> None:
    jaw, low = max(head.jaw, 0.7), 1.3
    outer = head.all(
        (-1.05, -0.05),
        (-1.04, 0.55),
        (-jaw * 0.94, 1.02),
        (-0.34, low),
        (0.34, low),
        (jaw * 0.94, 1.02),
        (1.04, 0.55),
        (1.05, -0.05),
    )
    v, wide = face.mouth_low, face.mouth_wide + 0.12
    inner = [
        head.front(0.82, 0.2),
        head.front(0.62, 0.42),
        head.front(wide * 0.9, v - 0.15),
        head.front(0, v - 0.17),
        head.front(-wide * 0.9, v - 0.15),
        head.front(-0.62, 0.42),
        head.front(-0.82, 0.2),
    ]
    pen.shape(blob([*outer, *inner]), hair, lift=0.4)
    x, y = head.front(0, v + 0.06)
    skin_patch = mix(hair, (255, 214, 190), 0.34)
    pen.flat(oval(x, y, face.mouth_wide * head.w * 1.12, 0.031), skin_patch)


def _moustache(pen: Pen, head: Head, face: Face, hair: Colour, alone: bool) -> None:
    v, wide = face.mouth_low - 0.1, (face.mouth_wide + 0.16) * (1.15 if alone else 1.0)
    points = [
        (0, v - 0.1),
        (wide * 0.55, v - 0.11),
        (wide * 1.05, v + 0.06),
        (wide * 1.08, v + 0.13),
        (wide * 0.55, v + 0.1),
        (0, v + 0.05),
        (-wide * 0.55, v + 0.1),
        (-wide * 1.08, v + 0.13),
        (-wide * 1.05, v + 0.06),
        (-wide * 0.55, v - 0.11),
    ]
    pen.shape(blob([head.front(u, w) for u, w in points]), hair, lift=0.3, line=0.006)


def glasses(pen: Pen, head: Head, face: Face, kind: str) -> None:
    """Round or square glasses, or sunglasses."""
    r = 0.066
    for s in (-1, 1):
        x, y = head.front(s * face.eye_gap, 0.02)
        lens = oval(x, y, r, r) if kind == "round" else box(x - r, y - r * 0.74, x + r, y + r * 0.74, 0.014)
        if kind == "sunglasses":
            lens = blob(
                [
                    (x - s * r * 1.1, y - r * 1.0),
                    (x + s * r * 1.25, y - r * 1.05),
                    (x + s * r * 1.1, y + r * 0.95),
                    (x - s * r * 0.5, y + r * 1.1),
                ]
            )
            pen.flat(lens, (28, 26, 36))
            pen.stroke((x - r * 0.4, y + r * 0.2), (x + r * 0.2, y - r * 0.4), (150, 165, 190), 0.009, 190)
        else:
            pen.flat(lens, (225, 242, 252), 46)
        pen.line(lens, RIM, 0.0118)
        edge = head.at(s * 0.98, -0.06)
        pen.stroke((x + s * r, y - 0.012), edge, RIM, 0.0095)
    (ax, ay), (bx, _) = head.front(-face.eye_gap, 0.0), head.front(face.eye_gap, 0.0)
    pen.line(curve((ax + r, ay), ((ax + bx) / 2, ay - 0.016), (bx - r, ay)), RIM, 0.0105)


def half_shade(pen: Pen, head: Head, outline: object, lamp: str) -> None:
    """The side of a face that the lamp does not reach, cut along nose and lips."""
    s = 1 if lamp == "left" else -1
    line = [
        (0.06, -1.3),
        (0.1, -0.4),
        (0.02, -0.1),
        (0.16, 0.36),
        (0.0, 0.5),
        (0.1, 0.66),
        (0.0, 0.8),
        (0.12, 1.0),
        (0.0, 1.4),
    ]
    edge = [head.front(s * u, v) for u, v in line]
    with pen.inside(outline):
        pen.shade(polygon([*edge, head.at(s * 1.8, 1.4), head.at(s * 1.8, -1.4)]), 0.32, (70, 16, 60))


def shine(pen: Pen, head: Head, skin: Colour) -> None:
    """The light on a bald head."""
    pen.line(curve(head.at(-0.4, -0.86), head.at(-0.1, -1.02), head.at(0.25, -0.95)), lighter(skin, 0.5), 0.014, 180)
