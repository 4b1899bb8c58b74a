"""A head-and-shoulders portrait of a person, or of the same person in other clothes, poses and lights."""

from __future__ import annotations

import math

from house.world.colour import Colour, darker, lighter, mix, rgb
from house.world.face import Face, Head, head_of
from house.world.features import features, glasses, half_shade, shine
from house.world.fields import BACKDROPS, CLOTHS, HAIRS, SKINS, Attributes
from house.world.hair import braids, hair_behind, hair_front
from house.world.pen import Pen, blob, box, oval, polygon
from house.world.scene import scene
from house.world.streams import stream
from house.world.wear import clothes, hat

TURNS = {"front": 0.0, "left": -1.0, "right": 1.0}
BLUSH: Colour = (150, 30, 40)


def portrait(pen: Pen, seed: int, a: Attributes, face: Face, width: float, height: float) -> None:
    """Paint background, body and head."""
    _behind(pen, seed, a, width, height)
    rng = stream(seed, "pose")
    x = width / 2 + rng.uniform(-0.025, 0.025)
    y = max(height / 2 - 0.06, 0.4) + rng.uniform(-0.012, 0.012)
    head = head_of(a["face"], face, x, y, TURNS[a["pose"]])
    tilt = rng.uniform(-4.5, 4.5)
    skin, hair, shirt = SKINS[a["skin"]], HAIRS[a["hair"]], CLOTHS[a["shirt"]]
    broad = 0.315 if a["who"] == "man" else 0.262
    chin = (head.x, head.y + head.h)
    with pen.moved(0, 0, tilt, chin):
        hair_behind(pen, head, face, a["cut"], hair)
    _neck(pen, head, a, skin)
    clothes(pen, head, a["wear"], shirt, broad, height)
    with pen.moved(0, 0, tilt, chin):
        _head(pen, head, face, a, skin, hair)


def _neck(pen: Pen, head: Head, a: Attributes, skin: Colour) -> None:
    wide = 0.078 if a["who"] == "man" else 0.062
    x, top, foot = head.x - 0.04 * head.turn * head.w, head.y + head.h * 0.5, head.y + head.h * 1.52
    neck = blob(
        [
            (x - wide, top),
            (x - wide, foot - 0.03),
            (x - wide - 0.045, foot + 0.0),
            (x, foot + 0.12),
            (x + wide + 0.045, foot + 0.0),
            (x + wide, foot - 0.03),
            (x + wide, top),
        ]
    )
    pen.shape(neck, mix(skin, darker(skin, 0.3), 0.35), lift=0.3)
    with pen.inside(neck):
        pen.flat(
            oval(head.x + 0.05 * head.turn * head.w, head.y + head.h * 0.92, head.w * 0.82, head.h * 0.3),
            darker(mix(skin, BLUSH, 0.18), 0.24),
        )


def _head(pen: Pen, head: Head, face: Face, a: Attributes, skin: Colour, hair: Colour) -> None:
    for s in (-1, 1):
        if s * head.turn > 0:
            continue  # the far ear is hidden
        x, y = head.at(s * 1.0 - 0.04 * head.turn, 0.06)
        r = 0.031 * face.ear
        pen.shape(oval(x, y, r, r * 1.3), skin, lift=0.4)
        pen.line(oval(x + s * 0.002, y, r * 0.45, r * 0.75), darker(mix(skin, BLUSH, 0.2), 0.2), 0.0055)
    swing = 0.1 * head.turn
    points = [
        (-0.62, -1.17),
        (0.62, -1.17),
        (1.08, -0.66),
        (1.05, 0.05),
        (1.0 + swing * 0.4, 0.5),
        (head.jaw + swing, 0.9),
        (head.chin + swing, 1.17),
        (-head.chin + swing, 1.17),
        (-head.jaw + swing, 0.9),
        (-1.0 + swing * 0.4, 0.5),
        (-1.05, 0.05),
        (-1.08, -0.66),
    ]
    outline = blob(head.all(*points))
    pen.shape(outline, skin, lift=0.8)
    if a["lamp"] != "even":
        half_shade(pen, head, outline, a["lamp"])
    features(pen, head, face, a, skin, hair)
    if a["cut"] == "bald":
        shine(pen, head, skin)
    hair_front(pen, head, face, a["cut"], hair)
    if a["cut"] == "braids":
        braids(pen, head, hair)
    if a["glasses"] != "none":
        glasses(pen, head, face, a["glasses"])
    if a["hat"] != "none":
        hat(pen, head, a["hat"], CLOTHS[a["hat_colour"]])


def _behind(pen: Pen, seed: int, a: Attributes, width: float, height: float) -> None:
    """A coloured wall with one large figure on it, or a place."""
    if a["background"] not in BACKDROPS:
        night = a["background"] == "starry night"
        land = "hills" if night else a["background"]
        hour = "night" if night else "day"
        place = {
            "hour": hour,
            "weather": "clear",
            "palette": "natural",
            "land": land,
            "disc": "none",
            "stars": "yes" if night else "no",
            "art": a["art"],
        }
        scene(
            pen,
            seed,
            place | dict.fromkeys(("boat", "house", "balloon", "tree"), "none") | {"birds": "no"},
            width,
            height,
        )
        return
    colour, rng = BACKDROPS[a["background"]], stream(seed, "wall")
    if pen.art == "soft":
        pen.wash(0, 0, width, height, [lighter(colour, 0.16), colour, darker(colour, 0.1)])
    else:
        pen.flat(box(0, 0, width, height), colour)
    figure, x, y = rng.choice(["disc", "arch", "rays", "dots", "bands"]), width / 2, height * 0.46
    tone = mix(colour, rgb("ffffff"), 0.24 if a["background"] != "navy" else 0.13)
    if figure == "disc":
        pen.shape(oval(x, y, 0.4, 0.4), tone, line=0)
    elif figure == "arch":
        pen.shape(box(x - 0.36, 0.1 * height, x + 0.36, height + 0.5, 0.36), tone, line=0)
    elif figure == "rays":
        for k in range(0, 24, 2):
            a1, a2 = math.pi * k / 12, math.pi * (k + 1) / 12
            pen.flat(
                polygon([(x, y), (x + math.cos(a1), y + math.sin(a1)), (x + math.cos(a2), y + math.sin(a2))]), tone
            )
    elif figure == "dots":
        for row in range(int(height / 0.125) + 1):
            for column in range(int(width / 0.125) + 2):
                pen.dot(0.125 * (column + 0.5 * (row % 2)), 0.06 + 0.125 * row, 0.02, tone)
    else:
        for k in range(int((width + height) / 0.14) + 1):
            left = 0.14 * k - height * 0.5
            pen.flat(
                polygon(
                    [(left, 0), (left + 0.07, 0), (left + 0.07 - height * 0.5, height), (left - height * 0.5, height)]
                ),
                tone,
            )
