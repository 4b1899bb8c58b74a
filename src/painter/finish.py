"""The last touch: what the printing press, the brush or the knife leaves on the paper."""

from __future__ import annotations

import numpy as np
from PIL import Image

from . import press as printing
from .colour import lab, mix, rgb
from .easel import Easel


def press(easel: Easel) -> None:
    """Finish the picture in its style, then give the paper its grain."""
    finish, sheet = easel.scene.manner.finish, easel.sheet
    if finish == "riso":
        sheet.picture = printing.riso(sheet.picture, sheet.unit, easel.random("riso"))
    elif finish == "linocut":
        sheet.picture = printing.linocut(
            sheet.picture, sheet.unit, easel.random("linocut"), mix(easel.palette.shade, lab("16161f"), 0.5)
        )
    elif finish == "watercolour":
        sheet.picture = printing.watercolour(sheet.picture, sheet.unit, easel.random("watercolour"))
    grain(easel, 4.2 if finish == "paper" else 2.4 if finish in {"riso", "linocut", "ink"} else 3.0)
    if easel.scene.manner.margin and finish != "watercolour":
        margin(easel)


def grain(easel: Easel, strength: float) -> None:
    """A fine grain and the faint clouding of real paper."""
    sheet = easel.sheet
    noise = np.random.default_rng(easel.seed % 2**32)
    fine = noise.standard_normal((sheet.height, sheet.width), dtype=np.float32) * strength
    small = noise.standard_normal((sheet.height // 6 + 2, sheet.width // 6 + 2), dtype=np.float32)
    cloudy = Image.fromarray(small).resize((sheet.width, sheet.height), Image.Resampling.BILINEAR)
    fine += np.asarray(cloudy) * strength * 0.5
    pixels = np.asarray(sheet.picture).astype(np.int16)
    pixels += np.rint(fine).astype(np.int16)[:, :, None]
    sheet.picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def margin(easel: Easel) -> None:
    """A white border, as on a printed poster."""
    sheet = easel.sheet
    edge = max(2, round(sheet.unit * 0.035))
    paper = Image.new("RGB", sheet.picture.size, rgb(lab("f6f1e6")))
    inner = sheet.picture.crop((edge, edge, sheet.width - edge, sheet.height - edge))
    paper.paste(inner, (edge, edge))
    sheet.picture = paper
