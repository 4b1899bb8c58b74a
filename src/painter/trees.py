"""Trees as outlines: the dark combs along a ridge, and single trees with trunk and crown."""

from __future__ import annotations

import random

import numpy as np

from .curves import Line, smooth
from .easel import Easel
from .scene import Ground


def conifer(dice: random.Random) -> Line:
    """A spruce of height 1 about its foot, with uneven tiers."""
    tiers = dice.randint(6, 9)
    half = dice.uniform(0.17, 0.24)
    right, left = [], []
    for k in range(tiers):
        top, low = 1 - 0.9 * k / tiers, 1 - 0.9 * (k + 1) / tiers
        reach = half * ((k + 1) / tiers) ** 0.9
        right += [(reach * 0.42 * (k > 0), top), (reach * dice.uniform(0.82, 1.12), low - 0.015)]
        left += [(-reach * 0.42 * (k > 0), top), (-reach * dice.uniform(0.82, 1.12), low - 0.015)]
    trunk = [(0.022, 0.1), (0.022, -0.03), (-0.022, -0.03), (-0.022, 0.1)]
    return np.array([(0, 1.03), *right[1:], *trunk, *left[1:][::-1]])


def crown(dice: random.Random, wide: float = 0.36) -> Line:
    """A rounded crown of height 1 about the foot of its trunk."""
    knots = 11
    points = []
    for k in range(knots):
        turn = 2 * np.pi * k / knots
        reach = dice.uniform(0.86, 1.12)
        points.append((wide * reach * np.cos(turn), 0.64 + 0.36 * reach * np.sin(turn)))
    return smooth(points, pieces=5)


def broadleaf(dice: random.Random) -> Line:
    """A broad tree in one outline, crown and trunk."""
    leaf = crown(dice)
    low = int(np.argmin(np.abs(leaf[:, 0]) + (leaf[:, 1] > 0.5) * 9))
    trunk = np.array([(-0.03, leaf[low, 1] + 0.02), (-0.045, -0.02), (0.045, -0.02), (0.03, leaf[low, 1] + 0.02)])
    turned = np.roll(leaf, -low, 0)
    return np.vstack([turned, trunk])


def treeline(easel: Easel, layer: Ground) -> list[Line]:
    """The trees that stand along a ridge, already placed on the paper."""
    scene, sheet = easel.scene, easel.sheet
    if "tree" in scene.wish.banned or "forest" in scene.wish.banned or scene.manner.sparse or scene.manner.angular:
        return []
    dice = easel.random(f"trees:{layer.name}")
    wooded = scene.ground == "forest" or layer.kind == "forest"
    if layer.kind not in {"forest", "hill", "shore", "islet"} or scene.ground in {"city", "meadow"}:
        return []
    leafy = scene.thing("broadleaf", "birch", "blossom") is not None or (
        scene.thing("conifer") is None and easel.random("leafy").random() < (0.3 if scene.ground == "forest" else 0.45)
    )
    if layer.kind == "shore" or (
        layer.kind == "hill"
        and scene.thing("conifer", "broadleaf", "forest", "tree") is None
        and easel.random("wooded").random() < 0.25
    ):
        return []
    size = sheet.unit * (0.014 + 0.085 * layer.depth**1.6) * (1.25 if scene.ground == "forest" else 0.8)
    if scene.ground == "forest" and layer.depth >= 1:
        size *= 1.25
    step = size * (0.3 if wooded else 0.5)
    shape = broadleaf if leafy else conifer
    trees: list[Line] = []
    x = -size * 0.2
    clump, cover = dice.uniform(0, 6), (1.0 if wooded else 0.42)
    while x < sheet.width + size * 0.3:
        x += step * dice.uniform(0.5, 1.5)
        density = 0.5 + 0.5 * np.sin(x / sheet.unit * 7 + clump)
        if density > cover + dice.uniform(-0.1, 0.1):
            continue
        tall = size * dice.uniform(0.55, 1.15) * (0.75 + 0.35 * density)
        outline = shape(dice)
        base = layer.at(x, sheet.width) + size * 0.06
        if layer.kind == "islet" and base > layer.foot - size * 0.1:
            continue
        trees.append(np.stack([x + outline[:, 0] * tall, base - outline[:, 1] * tall], 1))
        if len(trees) > 420:
            break
    return trees
