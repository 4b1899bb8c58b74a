"""Pictures and edit pairs as latents, painted and encoded once, kept with their attributes' codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from house.train import autoencoder, checkpoint
from house.train.clock import Clock, PieceOver
from house.train.device import autocast, portions
from house.train.painting import Pairs, Pictures, Shown, batches, floats, shape_of
from house.train.recipe import Recipe

SIZE = 32  # pictures painted by a worker at a time
PLACE = "latents"


def pack(z: torch.Tensor) -> torch.Tensor:
    """Squares of 2 by 2 latents as tokens, as FluxPipeline packs them: (batch, tokens, channels x 4)."""
    b, c, h, w = z.shape
    return z.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, c * 4)


def unpack(tokens: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """And back: (batch, channels, height, width), of so many rows and columns of tokens."""
    return tokens.unflatten(2, (-1, 2, 2)).unflatten(1, grid).permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


@torch.no_grad()
def tokens_of(vae: Any, pictures: torch.Tensor, half: bool = False) -> torch.Tensor:
    """Pictures from -1 to 1 as scaled tokens."""
    with autocast(pictures.device, half):
        z = torch.cat([autoencoder.encode(vae, few) for few in portions(pictures)])
    return pack((z.float() - vae.config.shift_factor) * vae.config.scaling_factor)


def make(recipe: Recipe, folder: Path, device: torch.device, clock: Clock) -> dict[str, Any]:
    """Write latents of pictures, of edit pairs and of pairs for weighing: `NAME.SHAPE.npy`, `NAME.SHAPE.codes.npy`.

    Names of those of half the side begin with `early.`. A piece may end after each name.
    """
    checkpoint.resume(folder, PLACE, clock, {}, device)
    vae = autoencoder.load(folder, device).to(memory_format=torch.channels_last)
    place = folder / PLACE
    place.mkdir(parents=True, exist_ok=True)
    wanted: list[tuple[str, Any, int]] = [
        ("pictures", Pictures(recipe, recipe.seed + 1, min(SIZE, recipe.pictures // 4)), recipe.pictures),
        ("pairs", Pairs(recipe, recipe.seed + 2, min(SIZE // 2, recipe.pairs // 4)), recipe.pairs),
        ("shown", Shown(recipe, recipe.seed + 8, min(SIZE // 2, recipe.shown // 4)), recipe.shown),
    ]
    if recipe.early_pictures:
        size = min(SIZE, recipe.early_pairs // 4, recipe.shown // 4)
        wanted += [
            ("early.pictures", Pictures(recipe, recipe.seed + 5, size, early=True), recipe.early_pictures),
            ("early.pairs", Pairs(recipe, recipe.seed + 6, size, early=True), recipe.early_pairs),
            ("early.shown", Shown(recipe, recipe.seed + 13, size, early=True), recipe.shown),
        ]
    for name, data, count in wanted[clock.step :]:
        kept: dict[str, list[Any]] = {shape: [] for shape in recipe.shapes}
        for number, (pictures, codes) in enumerate(batches(data, recipe, 0, -(-count // data.size))):
            flat = pictures.flatten(0, -4)
            z = tokens_of(vae, floats(flat, device), recipe.half).half().cpu().unflatten(0, pictures.shape[:-3])
            kept[shape_of(recipe, number)].append((z.numpy(), codes.numpy()))
        for shape, parts in kept.items():
            axis = 0 if name.endswith("pictures") else 1
            np.save(place / f"{name}.{shape}.npy", np.concatenate([part[0] for part in parts], axis))
            np.save(place / f"{name}.{shape}.codes.npy", np.concatenate([part[1] for part in parts], axis))
        clock.step += 1
        checkpoint.save(folder, PLACE, clock, {})
        if clock.piece_over():
            raise PieceOver(PLACE)
    return {name: count for name, _, count in wanted} | {"seconds": round(clock.spent)}


def load(folder: Path, name: str, shape: str) -> tuple[torch.Tensor, Any]:
    """Latents and codes of one shape."""
    place = folder / PLACE
    return torch.from_numpy(np.load(place / f"{name}.{shape}.npy")), np.load(place / f"{name}.{shape}.codes.npy")
