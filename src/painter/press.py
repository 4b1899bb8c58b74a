"""Prints and paints: halftone plates, the cutter's knife, running colour."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

from .colour import Lab, lab, rgb
from .curves import ripple

Plane = npt.NDArray[np.float32]


def _screen(shape: tuple[int, int], pitch: float, angle: float) -> Plane:
    """A halftone screen between 0 and 1."""
    turn = np.radians(angle)
    y, x = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)[None, :]
    k = np.float32(2 * np.pi / pitch)
    u = (x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))) * k
    v = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) * k
    plane: Plane = (np.cos(u) + np.cos(v)) * np.float32(0.25) + np.float32(0.5)
    return plane


def riso(picture: Image.Image, unit: float, dice: random.Random) -> Image.Image:
    """Three spot inks in halftone, each plate a little out of place."""
    inks = dice.choice(
        (
            ("0078bf", "ff4f62", "ffd91a"),
            ("1f4fa8", "f2545b", "ffc83d"),
            ("3d5588", "ff48b0", "ffe800"),
            ("0074a2", "f15060", "ffb511"),
        )
    )
    light = np.asarray(ImageEnhance.Color(picture).enhance(1.35)).astype(np.float32) / 255
    paper = np.array(rgb(lab("f7f2e4")), np.float32) / 255
    result = np.broadcast_to(paper, light.shape).copy()
    pitch = max(3.2, unit * 0.0062)
    for plate, (code, angle) in enumerate(zip(inks, (18, 47, 3), strict=True)):
        amount = np.clip((1 - light[:, :, plate]) * 1.04 - 0.04, 0, 1) ** 1.35 * (0.9, 0.92, 0.98)[plate]
        cover = np.clip((amount * 1.06 - _screen(amount.shape, pitch, angle)) * pitch * 0.62 + 0.5, 0, 1)
        cover = np.where(amount < 0.05, 0, cover)
        shift = round(unit * 0.0026 * (plate - 1)), round(unit * dice.uniform(-0.0025, 0.0025))
        cover = np.roll(cover, shift, (1, 0))
        ink = np.array(rgb(lab(code)), np.float32) / 255
        result *= 1 - (cover * np.float32(0.94))[:, :, None] * (1 - ink)
    return Image.fromarray((result * 255).astype(np.uint8))


def linocut(picture: Image.Image, unit: float, dice: random.Random, ink: Lab) -> Image.Image:
    """A key block cut with a gouge over one flat layer of colour."""
    grey = np.asarray(picture.convert("L")).astype(np.float32) / 255
    low, high = np.percentile(grey[::8, ::8], (3, 99))
    grey = np.clip((grey - low) / max(0.08, high - low), 0, 1) ** 1.2
    tall, wide = grey.shape
    wave = np.cumsum(ripple(dice, tall, 5, 3))[:, None] * 0.012 + ripple(dice, wide, 4, 3)[None, :] * unit * 0.006
    pitch = max(3.5, unit * 0.0074)
    y = np.arange(tall, dtype=np.float32)[:, None] + wave.astype(np.float32)
    nick = 0.06 * ripple(dice, wide, 9, 3)[None, :] + 0.04 * ripple(dice, tall, 30, 2)[:, None]
    groove = 0.5 + 0.5 * np.cos(y * np.float32(2 * np.pi) / pitch)
    cut = np.clip((grey * 1.12 + nick - 0.14 - groove * 0.74 - 0.02) * pitch * 0.9 + 0.5, 0, 1)
    tint = picture.filter(ImageFilter.ModeFilter(3)) if unit < 500 else picture
    colour = np.asarray(tint).astype(np.float32)
    paper = np.array(rgb(lab("f5ecd9")), np.float32)
    flat = paper * 0.42 + np.minimum(255, colour * 1.12 + 18) * 0.58
    dark = np.array(rgb(ink), np.float32)
    result = flat * cut[:, :, None] + dark * (1 - cut[:, :, None])
    return Image.fromarray(np.clip(result, 0, 255).astype(np.uint8))


def watercolour(picture: Image.Image, unit: float, dice: random.Random) -> Image.Image:
    """Edges that wander and gather pigment, blooms, and bare paper round the wash."""
    wide, tall = picture.size
    noise = np.random.default_rng(dice.getrandbits(32))

    def field(scale: float) -> Plane:
        step = max(2, round(unit * scale))
        small = noise.standard_normal((tall // step + 3, wide // step + 3), dtype=np.float32)
        soft = Image.fromarray(small).resize((wide, tall), Image.Resampling.BICUBIC)
        plane: Plane = np.asarray(soft)
        return plane

    dx, dy = field(0.03) + 0.5 * field(0.009), field(0.03) + 0.5 * field(0.009)
    reach = unit * 0.0028
    rows = np.clip(np.arange(tall)[:, None] + (dy * reach).astype(np.int32), 0, tall - 1)
    columns = np.clip(np.arange(wide)[None, :] + (dx * reach).astype(np.int32), 0, wide - 1)
    bent = Image.fromarray(np.asarray(picture)[rows, columns])
    soft = np.asarray(bent.filter(ImageFilter.BoxBlur(unit * 0.004))).astype(np.float32)
    sharp = np.asarray(bent.filter(ImageFilter.BoxBlur(max(0.6, unit * 0.0007)))).astype(np.float32)
    edge = np.clip(np.abs(sharp - soft).mean(2, keepdims=True) / 60, 0, 1)
    wash = (0.07 * field(0.11) + 0.045 * field(0.02))[:, :, None]
    paper = np.array(rgb(lab("faf6ec")), np.float32)
    body = sharp / 255
    thin = np.clip(0.8 + wash + 0.25 * edge, 0.3, 1.15)
    painted = np.power(np.clip(body * 1.06, 0.02, 1), thin + 0.12 * edge) * paper
    painted *= 1 - 0.16 * edge
    margin = unit * 0.045
    far = np.minimum(
        np.minimum(np.arange(wide), np.arange(wide)[::-1])[None, :],
        np.minimum(np.arange(tall), np.arange(tall)[::-1])[:, None],
    )
    ragged = far + (field(0.05) * 0.5 + field(0.012) * 0.25) * unit * 0.016 - margin
    cover = np.clip(ragged / (unit * 0.0022) + 0.5, 0, 1)[:, :, None].astype(np.float32)
    rim = (np.exp(-((ragged / (unit * 0.005) - 0.6) ** 2)) * 0.14)[:, :, None].astype(np.float32)
    result = paper * (1 - cover) + painted * (1 - rim) * cover
    return Image.fromarray(np.clip(result, 0, 255).astype(np.uint8))
