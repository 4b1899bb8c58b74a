"""The autoencoder: diffusers' AutoencoderKL, an eighth on each side, trained on crops and then on whole pictures.

Its decoder can learn on alone: latents stay what they are, and so does all that was learned from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL

from house.train import checkpoint, norms, pipeline
from house.train.clock import Clock
from house.train.device import autocast, compiled, lean
from house.train.muon import Muon, age
from house.train.painting import Crops, Pictures, batches, floats
from house.train.recipe import Recipe

STAGE = "autoencoder"
DECODER = "decoder"  # the stage in which it goes on alone


@dataclass(frozen=True)
class How:
    """In which way a stage teaches."""

    crops: float  # the share of the time that sees crops, before whole pictures
    speed: float = 1.0  # of the recipe's rates
    exact: float = 0.0  # how much the logarithm of each picture's error counts


ALONE = How(crops=0.0, speed=0.5, exact=0.1)  # in three minutes .42 dB more; without the logarithm .12


def build(recipe: Recipe) -> Any:
    levels = len(recipe.ae_channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=recipe.ae_channels,
        layers_per_block=1,
        latent_channels=recipe.ae_latent,
        norm_num_groups=8,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.0,
        scaling_factor=1.0,
    )


def optimizers(model: Any, recipe: Recipe) -> list[Any]:
    """AdamW; with a rate for Muon, that for the kernels, which makes the first decibels several times faster."""
    learning = [p for p in model.parameters() if p.requires_grad]
    kernels = [p for p in learning if p.ndim == 4 and min(p.shape[:2]) > 8] if recipe.ae_muon else []
    known = {id(p) for p in kernels}
    rest = [p for p in learning if id(p) not in known]
    adam = torch.optim.AdamW(rest, recipe.ae_rate, betas=(0.9, 0.98), weight_decay=1e-4, fused=True)
    return [adam, Muon(kernels, recipe.ae_muon)] if kernels else [adam]


def begin_straight(model: Any) -> None:
    """Let the untrained network be a chain of orthogonal maps: every residual branch adds nothing yet."""
    for name, weight in model.named_parameters():
        if name.endswith("bias") or "conv2" in name:
            torch.nn.init.zeros_(weight)
        elif weight.ndim == 4:
            torch.nn.init.orthogonal_(weight)


def load(folder: Path, device: torch.device) -> Any:
    return AutoencoderKL.from_pretrained(folder / STAGE).to(device).eval().requires_grad_(False)


def difference(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """How far two batches of pictures are apart, in values and in edges."""
    d = a - b
    edges = d.diff(dim=-1).abs().mean() + d.diff(dim=-2).abs().mean()
    return d.abs().mean() + 2 * d.pow(2).mean() + edges


def inexact(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The mean logarithm of each picture's squared error, which is its PSNR but for sign and scale."""
    return (a - b).pow(2).mean((1, 2, 3)).log().mean()


class _Round(torch.nn.Module):
    """Encode with noise and decode again."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The pictures again, and the penalty that keeps latents well scaled."""
        mean, spread = self.model.encoder(pictures).chunk(2, 1)
        spread = spread.clamp(-30, 20)
        z = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
        mean, spread = mean.float(), spread.float()
        return self.model.decoder(z), 0.5 * (mean.pow(2) + spread.exp() - 1 - spread).mean()


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train until the clock is over; the weights and their figures are in `folder`."""
    model = build(recipe)
    if recipe.ae_muon:
        begin_straight(model)
    _learn(STAGE, recipe, folder, clock, device, model, How(crops=1 - recipe.ae_whole))
    return _finish(recipe, folder, model.eval(), clock, device)


def alone(folder: Path) -> Any:
    """The autoencoder of `folder`, of which only the decoder learns."""
    model = AutoencoderKL.from_pretrained(folder / STAGE).float()
    model.encoder.requires_grad_(False)
    return model


def train_decoder(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train the decoder alone, on whole pictures, until the clock is over; figures are the autoencoder's then."""
    model = alone(folder)
    _learn(DECODER, recipe, folder, clock, device, model, ALONE)
    model.save_pretrained(folder / STAGE)
    if (folder / "model").exists():
        pipeline.renew_vae(folder / "model", model)
    return _measured(recipe, model.eval(), clock, device)


def _learn(
    stage: str,
    recipe: Recipe,
    folder: Path,
    clock: Clock,
    device: torch.device,
    model: Any,
    how: How,
) -> None:
    """Lower the loss until the clock is over: of crops for the first share of the time, then of whole pictures."""
    model.train().to(device, memory_format=torch.channels_last)
    if lean(device, recipe.half):
        norms.fuse(model)
    steppers = optimizers(model, recipe)
    parts = {"model": model, "optimizers": steppers}
    checkpoint.resume(folder, stage, clock, parts, device)
    there_and_back = compiled(_Round(model), device)
    while not clock.over():
        whole = clock.share >= how.crops
        for pictures in batches(Crops(recipe, recipe.seed, whole), recipe, clock.step):
            loss = _step(recipe, there_and_back, steppers, floats(pictures, device), clock, how)
            if clock.step % 200 == 0:
                print(f"{stage}: step {clock.step}, loss {loss.item():.4f}, {clock.spent:.0f} s", flush=True)
            checkpoint.keep_up(folder, stage, clock, parts)
            if clock.over() or whole != (clock.share >= how.crops):
                break


def _step(
    recipe: Recipe, there_and_back: Any, steppers: list[Any], x: torch.Tensor, clock: Clock, how: How
) -> torch.Tensor:
    young = min(1.0, (age(steppers[0]) + 1) / 50)
    for stepper, rate in zip(steppers, (recipe.ae_rate, recipe.ae_muon), strict=False):
        for group in stepper.param_groups:
            group["lr"] = rate * how.speed * young * (0.01 + 0.99 * (1 - clock.share))
        stepper.zero_grad()
    with autocast(x.device, recipe.half):
        y, penalty = there_and_back(x)
    loss = difference(y.float(), x) + recipe.ae_kl * penalty
    if how.exact:
        loss = loss + how.exact * inexact(y.float(), x)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(there_and_back.parameters(), 1.0)
    for stepper in steppers:
        stepper.step()
    clock.step += 1
    return loss.detach()


@torch.no_grad()
def encode(model: Any, pictures: torch.Tensor) -> torch.Tensor:
    """The middle of each picture's latents, unscaled."""
    return model.encoder(pictures).chunk(2, 1)[0]


@torch.no_grad()
def psnr(recipe: Recipe, model: Any, device: torch.device, count: int) -> dict[str, float]:
    """Mean PSNR (dB) over whole pictures of every shape, held-out combinations only: of all, scenes and people."""
    scores: dict[str, list[float]] = {"scenes": [], "people": []}
    for pictures, codes in batches(Pictures(recipe, recipe.seed + 7, 16, held=True), recipe, 0, max(1, count // 16)):
        x = floats(pictures, device)
        with autocast(device, recipe.half and device.type == "cpu"):  # where floats take three times as long
            y = model.decoder(encode(model, x)).float().clamp(-1, 1)
        each = (10 * torch.log10(4 / (x - y).pow(2).mean((1, 2, 3)))).tolist()
        for score, kind in zip(each, codes[:, 0].tolist(), strict=True):
            scores["people" if kind else "scenes"].append(score)
    found = {name: round(sum(part) / len(part), 2) for name, part in scores.items()}
    together = scores["scenes"] + scores["people"]
    return {"psnr": round(sum(together) / len(together), 2), **found}


def _finish(recipe: Recipe, folder: Path, model: Any, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Write the weights with the scale and shift that give latents a spread of one."""
    z = torch.cat(
        [
            encode(model, floats(pictures, device)).flatten()
            for pictures, _ in batches(Pictures(recipe, recipe.seed + 8, 16), recipe, 0, 8)
        ]
    )
    model.register_to_config(scaling_factor=1 / z.std().item(), shift_factor=z.mean().item())
    model.save_pretrained(folder / STAGE)
    return _measured(recipe, model, clock, device)


def figures(found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Those of a run's autoencoder as it is now, out of all of them."""
    return found.get(DECODER) or found.get(STAGE, {})


def _measured(recipe: Recipe, model: Any, clock: Clock, device: torch.device) -> dict[str, Any]:
    count = 16 if recipe.pictures < 1000 else 512 if device.type == "cuda" else 64
    return {**psnr(recipe, model, device, count), "steps": clock.step, "seconds": round(clock.spent)}
