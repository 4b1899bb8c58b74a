"""Where things stand, float and fly, and how large they are there."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from . import aloft, boats, buildings, creatures, flora, landmarks, people, pets, plants, sealife, wild
from .easel import Brush, Easel
from .scene import Ground
from .water import hull_wash
from .wish import Thing

Painter = Callable[[Brush, Thing, random.Random], None]


@dataclass(frozen=True)
class Element:
    """How a kind of thing is painted: by whom, how large (in the picture's unit), where, and how many when many."""

    paint: Painter
    size: float
    where: str
    many: int = 3


ELEMENTS: dict[str, Element] = {
    "boat": Element(boats.sailboat, 0.185, "float", 4), "rowboat": Element(boats.rowboat, 0.2, "float", 3),
    "ship": Element(boats.ship, 0.26, "float", 3), "whale": Element(sealife.whale, 0.26, "float", 3),
    "dolphin": Element(sealife.dolphin, 0.16, "float", 3), "fish": Element(sealife.fish, 0.11, "float", 3),
    "swan": Element(sealife.swan, 0.13, "float", 3), "lighthouse": Element(landmarks.lighthouse, 0.2, "far float", 2),
    "house": Element(buildings.house, 0.19, "middle", 4), "village": Element(buildings.village, 0.22, "middle", 1),
    "church": Element(buildings.church, 0.15, "middle", 2), "castle": Element(landmarks.castle, 0.24, "middle", 1),
    "windmill": Element(landmarks.windmill, 0.25, "middle", 3), "torii": Element(landmarks.torii, 0.34, "far float", 2),
    "tent": Element(landmarks.tent, 0.14, "near", 3), "tree": Element(flora.broadleaf, 0.34, "near", 5),
    "broadleaf": Element(flora.broadleaf, 0.34, "near", 5), "conifer": Element(flora.conifer, 0.34, "near", 6),
    "birch": Element(flora.birch, 0.52, "near", 7), "palm": Element(flora.palm, 0.42, "near", 4),
    "blossom": Element(flora.blossom, 0.42, "near", 3), "cactus": Element(plants.cactus, 0.24, "near", 5),
    "mushroom": Element(plants.mushroom, 0.13, "near", 5), "person": Element(people.person, 0.13, "near", 4),
    "woman": Element(people.person, 0.14, "near", 3), "man": Element(people.person, 0.14, "near", 3),
    "cat": Element(pets.cat, 0.17, "near", 3), "dog": Element(pets.dog, 0.17, "near", 3),
    "fox": Element(wild.fox, 0.19, "near", 3), "deer": Element(wild.deer, 0.2, "near", 4),
    "horse": Element(creatures.horse, 0.18, "near", 4), "sheep": Element(creatures.sheep, 0.11, "near", 6),
    "cow": Element(creatures.cow, 0.15, "near", 4), "bear": Element(wild.bear, 0.19, "near", 3),
    "rabbit": Element(wild.rabbit, 0.12, "near", 4), "elephant": Element(wild.elephant, 0.24, "near", 3),
    "camel": Element(creatures.camel, 0.15, "middle", 4), "owl": Element(wild.owl, 0.15, "near", 3),
    "balloon": Element(aloft.balloon, 0.21, "sky", 5), "kite": Element(aloft.kite, 0.12, "sky", 3),
    "birds": Element(aloft.birds, 0.034, "flock", 9), "plane": Element(aloft.plane, 0.12, "sky", 3),
    "rocket": Element(aloft.rocket, 0.24, "sky", 3), "ufo": Element(aloft.ufo, 0.2, "sky", 3),
}  # fmt: skip
SMALLER = (1.0, 0.72, 0.84, 0.6, 0.78, 0.66, 0.55, 0.7, 0.5, 0.62, 0.58, 0.52)


def number(thing: Thing, element: Element) -> int:
    """How many to paint."""
    if thing.count is not None:
        return max(1, min(16, thing.count))
    return element.many if thing.plural or element.where == "flock" else 1


def brushes(easel: Easel, thing: Thing, element: Element, ground: Ground | None, nth: int) -> list[Brush]:
    """One brush for each piece, the farthest first."""
    sheet, many = easel.sheet, number(thing, element)
    dice = easel.random(f"place:{thing.kind}:{nth}")
    centre = _centres(easel, element.where)[easel.scene.things.index(thing)]
    if ground is not None and ground.kind == "shore":
        centre = _on_high_ground(ground, centre)
    spread = min(0.36, 0.14 + 0.03 * many)
    found: list[tuple[float, Brush]] = []
    close = dice.uniform(0.82, 1.4) if element.where == "float" else dice.uniform(0.9, 1.15)
    for k in range(many):
        off = 0.0 if k == 0 else ((k + 1) // 2) * (1 if k % 2 else -1) * 2.1 * spread / many + dice.uniform(-0.03, 0.03)
        if k and thing.place is None and element.where != "flock":
            off *= 1.35
        x = (centre + off) % 1.0 if thing.place is None else min(0.97, max(0.03, centre + off))
        x = min(0.95, max(0.05, x)) * sheet.width
        scale = close * SMALLER[k % 12] * thing.size * element.size * sheet.unit
        found.append(_one(easel, element, dice, x, scale, k, ground, easel.scene.things.index(thing)))
    found.sort(key=lambda pair: pair[0])
    return [brush for _, brush in found]


def _floats(kind: str) -> bool:
    return kind in ELEMENTS and ELEMENTS[kind].where.endswith("float")


def _family(where: str) -> str:
    return "water" if where.endswith("float") else "air" if where in {"sky", "flock"} else "land"


def _centres(easel: Easel, where: str) -> dict[int, float]:
    """Where the things of a family gather, by their order: each keeps clear of those named before it."""
    taken: dict[int, float] = {}
    for index, thing in enumerate(easel.scene.things):
        element = ELEMENTS.get(thing.kind)
        if element is None or _family(element.where) != _family(where):
            continue
        dice = easel.random(f"centre:{thing.kind}")
        slots = [0.34, 0.66] if dice.random() < 0.5 else [0.66, 0.34]
        slots += [0.5, 0.18, 0.82]
        free = [slot for slot in slots if all(abs(slot - other) > 0.17 for other in taken.values())]
        chosen = (free or slots)[0] + dice.uniform(-0.035, 0.035)
        taken[index] = thing.place if thing.place is not None else chosen
    return taken


def _on_high_ground(ground: Ground, centre: float) -> float:
    """A place on the high side of a shore."""
    rises_right = float(ground.skyline[0]) > float(ground.skyline[-1])
    return 0.64 + 0.28 * centre if rises_right else 0.08 + 0.28 * centre


def _one(
    easel: Easel,
    element: Element,
    dice: random.Random,
    x: float,
    scale: float,
    k: int,
    ground: Ground | None,
    order: int,
) -> tuple[float, Brush]:
    sheet, line = easel.sheet, easel.water_line
    flip = dice.random() < 0.4
    if element.where.endswith("float"):
        room = sheet.height - line
        far = dice.uniform(0.1, 0.16) if element.where == "far float" else dice.uniform(0.18, 0.5) * (0.55 if k else 1)
        rank = sum(1 for other in easel.scene.things[:order] if _floats(other.kind))
        far = min(0.7, far + 0.17 * rank)
        if ground is not None:
            far = min(far, 0.2 + 0.06 * rank)
        y = line + far * room
        return y, easel.brush(x, y, scale * (0.8 + 0.5 * far), 0.86 + 0.14 * min(1.0, far * 2.2), flip=flip)
    if element.where in {"sky", "flock"}:
        top = 0.2 if element.where == "sky" else 0.3
        y = sheet.height * easel.scene.horizon * (dice.uniform(top, 0.62) if k == 0 else dice.uniform(0.14, 0.8))
        if element.where == "flock":
            start = easel.random("flock").uniform(0.34, 0.62) * sheet.height * easel.scene.horizon
            y = start - sheet.unit * (0.02 * ((k + 1) // 2)) + dice.uniform(-0.02, 0.02) * sheet.unit
        y = max(y, scale + sheet.unit * 0.02)
        depth = 0.95 - 0.3 * (1 - SMALLER[k % 12])
        return scale, easel.brush(x, y, scale, depth, flip=flip and element.where != "flock")
    assert ground is not None
    y = ground.at(x, sheet.width)
    return y, easel.brush(x, y + scale * 0.03, scale, ground.depth, flip=flip)


def strokes(easel: Easel, thing: Thing, ground: Ground | None = None) -> list[Callable[[], None]]:
    """The strokes that paint a thing, if the painter knows it."""
    element = ELEMENTS.get(thing.kind)
    if element is None:
        return []
    same = [other for other in easel.scene.things if other.kind == thing.kind]
    nth = same.index(thing)

    def paint() -> None:
        for k, brush in enumerate(brushes(easel, thing, element, ground, nth)):
            name = f"{thing.kind}:{nth}:{k}"
            if element.where.endswith("float"):
                easel.afloat(brush, lambda wet: element.paint(wet, thing, easel.random(name)))  # noqa: B023
                hull_wash(easel, brush.x, brush.y + brush.size * 0.03, brush.size * 0.5)
            else:
                element.paint(brush, thing, easel.random(name))

    return [partial(paint)]
