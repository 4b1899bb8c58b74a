"""Ground: ridges that fade into the air, snow on peaks, the two sides of dunes."""

from __future__ import annotations

import numpy as np

from .colour import Lab, lighter, mix
from .dunes import slip_face
from .easel import Easel
from .scene import Ground
from .sheet import Pen
from .slopes import slopes
from .trees import treeline

SOIL: dict[str, tuple[str, ...]] = {
    "mountain": ("6c7f99", "7a7f9c", "5f7f8c"),
    "volcano": ("64607c", "7a5f66", "566a80"),
    "hill": ("6fa363", "86a65a", "5c9a72"),
    "forest": ("3f7d5a", "4b7f52", "2f7263"),
    "meadow": ("6ea24e", "8aa94c", "58985a"),
    "dune": ("e2a862", "dd9a58", "e6b478"),
    "mesa": ("c8703f", "b9653f", "cf7d52"),
    "shore": ("6c8a58", "7d8a5c", "5b7f66"),
    "islet": ("4f7f5f", "5f8a62", "6f8456"),
    "island": ("5f8377", "6f8471", "567a86"),
    "sand": ("f0d9a8", "ecd2a0", "f2dcb4"),
}
SEASON: dict[str, dict[str, str]] = {
    "autumn": {"hill": "c98a3c", "forest": "b3622f", "meadow": "cf9a45", "shore": "a87d45", "island": "8f7a52"},
    "spring": {"hill": "8fc46b", "forest": "6fae74", "meadow": "93cb62", "shore": "8db76b"},
    "snow": {
        "hill": "e4ecf2",
        "forest": "d5e1ea",
        "meadow": "eef2f4",
        "shore": "e8eef2",
        "island": "d3dee8",
        "sand": "eee9e0",
    },
}
BOUND = {
    "mountain": "mountain",
    "hill": "hill",
    "dune": "dune",
    "sand": "beach",
    "meadow": "meadow",
    "forest": "forest",
}


def soil(easel: Easel, ground: Ground) -> Lab:
    """The colour of a ground at its crest, here and now."""
    scene = easel.scene
    code = SEASON.get(scene.season, {}).get(ground.kind) or easel.random(f"soil:{ground.kind}").choice(
        SOIL[ground.kind]
    )
    thing = scene.thing(BOUND.get(ground.kind, ground.kind))
    own, bound = easel.own(thing, code)
    if ground.kind == "sand":
        return easel.palette.lit(own, ground.depth, own=bound, sink=0.62)
    return (
        easel.palette.lit(own, 0.45 + 0.55 * ground.depth, own=True) if bound else easel.palette.land(own, ground.depth)
    )


def ground(easel: Easel, layer: Ground) -> None:
    """One layer of land with its trees, its light side and the mist at its foot."""
    sheet, scene = easel.sheet, easel.scene
    xs = np.linspace(0, sheet.width, len(layer.skyline))
    line = np.stack([xs, layer.skyline], 1)
    foot = min(layer.foot, sheet.height)
    outline = np.vstack(
        [[(-2.0, line[0, 1])], line, [(sheet.width + 2.0, line[-1, 1])], [(sheet.width + 2.0, foot), (-2.0, foot)]]
    )
    trees = treeline(easel, layer)
    top = (
        min(float(layer.skyline.min()), *(float(tree[:, 1].min()) for tree in trees))
        if trees
        else float(layer.skyline.min())
    )

    def draw(pen: Pen) -> None:
        pen.polygon(outline)
        for tree in trees:
            pen.polygon(tree)

    mask = sheet.stencil((0, top, sheet.width, foot), draw)
    if mask is None:
        return
    crest = soil(easel, layer)
    if scene.manner.shadows:
        sheet.shade(mask, -sheet.unit * 0.007, sheet.unit * 0.008, lighter(easel.palette.shade, -0.08), 0.55)
    sheet.lay(mask, sheet.ramp(mask.size, _fall(easel, layer, crest, mask.size[1])))
    if layer.kind in {"mountain", "volcano"}:
        slopes(easel, layer, mask, line, crest, foot)
    elif layer.kind == "dune" and layer.depth < 1.1:
        slip_face(easel, layer, mask, line, crest)
    if scene.manner.outlines:
        width = max(0.7, sheet.unit * 0.0021 * (0.5 + 0.5 * layer.depth))
        ink = mix(easel.ink, easel.palette.haze, 0.6 * (1 - layer.depth))
        sheet.lay(sheet.stencil((0, top - 3, sheet.width, foot), lambda pen: pen.stroke(line, width)), ink, 0.9)


def _fall(easel: Easel, layer: Ground, crest: Lab, tall: int) -> list[Lab]:
    """The gradient from a crest down into mist, or into shade where the land is near."""
    if easel.scene.manner.flat or easel.scene.manner.shadows:
        return [crest, crest]
    if layer.kind == "sand":
        return [lighter(crest, -0.03), crest, lighter(crest, 0.02)]
    if layer.depth >= 0.9:
        return [crest, mix(crest, easel.palette.shade, 0.2), mix(crest, easel.palette.shade, 0.45)]
    mist = mix(crest, easel.palette.haze, 0.55 * (1 - layer.depth) + 0.14)
    reach = easel.sheet.unit * 0.3
    steps = max(2, min(9, round(tall / reach * 3) + 1))
    return [mix(crest, mist, min(1.0, k * tall / max(1, steps - 1) / reach)) for k in range(steps)]
