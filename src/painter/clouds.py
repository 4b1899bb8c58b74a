"""Clouds in layers, with flat feet and lit crowns."""

from __future__ import annotations

from .colour import along, lighter, mix
from .easel import Easel
from .sheet import Pen


def clouds(easel: Easel) -> None:
    """Layered clouds with flat feet and lit crowns."""
    scene, sheet, dice = easel.scene, easel.sheet, easel.random("cloud")
    thing = scene.thing("cloud")
    stormy = "storm" in scene.weather
    number = (thing.count if thing and thing.count else None) or (6 if stormy else 5 if thing else 3)
    if scene.manner.sparse:
        number = min(number, 2)
    own, bound = easel.own(thing, "ffffff")
    for rank in range(number):
        far = rank / max(1, number - 1) if number > 1 else 0.5
        y = sheet.height * scene.horizon * (0.9 - 0.72 * far - 0.06 * dice.random()) * (0.9 if stormy else 1)
        y = max(y, sheet.height * 0.07)
        size = sheet.unit * (0.07 + 0.13 * far) * dice.uniform(0.8, 1.25) * (thing.size if thing else 1)
        spread = (0.12, 0.72, 0.4, 0.92, 0.24, 0.58)[(rank + dice.randrange(2) * 3) % 6]
        x = sheet.width * (thing.place if thing and thing.place is not None else spread + dice.uniform(-0.1, 0.1))
        x, y = _clear_of_light(easel, x, y, size, dice.choice((-1, 1)))
        back = along(easel.palette.sky, y / max(1.0, easel.water_line))
        body = mix(back, easel.palette.light if not stormy else easel.palette.shade, 0.55 if not stormy else 0.42)
        if bound:
            body = mix(back, own, 0.8)
        _cloud(easel, x, y, size, body, mix(body, back, 0.62 if not stormy else 0.3), rank)


def _clear_of_light(easel: Easel, x: float, y: float, size: float, side: int) -> tuple[float, float]:
    """Move a cloud that would hide the sun or the moon to where it only touches it."""
    if easel.scene.thing("sun", "moon", "crescent") is None:
        return x, y
    light_x, light_y = easel.light[0] * easel.sheet.width, easel.light[1] * easel.sheet.height
    radius = easel.sheet.unit * 0.075
    if abs(x - light_x) < size * 1.7 + radius and -size * 0.3 - radius < y - light_y < size * 0.8 + radius:
        below = light_y + radius * 0.8 + size * 0.62
        if below < easel.water_line * 0.9:
            return x, below
        return light_x + side * (size * 1.5 + radius * 1.5), y
    return x, y


def _cloud(
    easel: Easel,
    x: float,
    y: float,
    size: float,
    top: tuple[float, float, float],
    base: tuple[float, float, float],
    rank: int,
) -> None:
    sheet, dice = easel.sheet, easel.random(f"cloud{rank}")
    long = dice.uniform(1.2, 1.9)
    number = dice.randint(4, 6)
    puffs = []
    for k in range(number):
        place = (k + 0.5) / number * 2 - 1
        radius = (0.2 + 0.26 * (1 - place * place)) * dice.uniform(0.8, 1.2)
        puffs.append((x + place * long * 0.78 * size, y - radius * size * 0.72, radius * size))
    thick = 0.13 * size
    ends = (x - long * size * dice.uniform(0.95, 1.2), x + long * size * dice.uniform(0.95, 1.2))
    inner = dice.uniform(-0.5, 0.3) * size
    box = (ends[0] - thick, y - size * 0.95, ends[1] + thick, y + thick * 1.8)

    def draw(pen: Pen) -> None:
        for px, py, radius in puffs:
            pen.disc(px, py, radius)
        pen.polygon([(box[0], y), (box[2], y), (box[2], y + size), (box[0], y + size)], ink=0)
        pen.stroke([(ends[0], y - thick * 0.5), (ends[1], y - thick * 0.5)], thick * 1.0)
        pen.stroke([(x + inner, y + thick * 0.45), (x + inner + size * 0.9, y + thick * 0.45)], thick * 0.9)

    mask = sheet.stencil(box, draw)
    if mask is None:
        return
    if easel.scene.manner.shadows:
        sheet.shade(mask, size * 0.06, size * 0.08, easel.palette.shade, 0.3)
    sheet.lay(mask, sheet.ramp(mask.size, [lighter(top, 0.015), mix(top, base, 0.35), base]))
