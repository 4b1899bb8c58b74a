"""The transformer: diffusers' FluxTransformer2DModel, trained with its text encoders by flow matching.

Text to image and edits share it. An edit's reference picture comes as further tokens at place 1 of the first axis, as
FluxKontextPipeline lays them out.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as nn
from diffusers import FluxTransformer2DModel

from house.train import autoencoder, checkpoint, latents, texts
from house.train.clock import Clock, PieceOver
from house.train.device import autocast
from house.train.lessons import Lessons
from house.train.muon import Muon
from house.train.painting import batches
from house.train.pipeline import save
from house.train.recipe import Recipe

STAGE = "transformer"
ROPE = {32: (8, 12, 12), 40: (8, 16, 16), 48: (16, 16, 16), 64: (16, 24, 24), 72: (16, 28, 28)}
ZERO = (".norm1.linear", ".norm1_context.linear", ".norm.linear", "norm_out.linear")


def build(recipe: Recipe) -> Any:
    """An untrained transformer. Gates and the output start at zero, which diffusers does not do by itself."""
    head = recipe.width // recipe.heads
    model = FluxTransformer2DModel(
        patch_size=1,
        in_channels=recipe.ae_latent * 4,
        num_layers=recipe.doubles,
        num_single_layers=recipe.singles,
        attention_head_dim=head,
        num_attention_heads=recipe.heads,
        joint_attention_dim=recipe.text_width,
        pooled_projection_dim=recipe.text_width,
        guidance_embeds=False,
        axes_dims_rope=ROPE[head],
    )
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            torch.nn.init.xavier_uniform_(weight)
        elif name.endswith("bias"):
            torch.nn.init.zeros_(weight)
    for name, module in model.named_modules():
        if name.endswith(ZERO) or name == "proj_out":
            torch.nn.init.zeros_(module.weight)
    return model


def positions(rows: int, columns: int, place: int = 0) -> torch.Tensor:
    """Place, row and column of every token; place 1 is a reference picture's."""
    out = torch.zeros(rows, columns, 3)
    out[..., 0], out[..., 1], out[..., 2] = place, torch.arange(rows)[:, None], torch.arange(columns)[None]
    return out.reshape(-1, 3)


def optimizers(modules: list[Any], recipe: Recipe) -> list[Any]:
    """Muon for the matrices of the blocks, AdamW for everything else."""
    matrices: list[Any] = []
    rest: list[Any] = []
    for module in modules:
        for name, weight in module.named_parameters():
            inside = "transformer_blocks" in name and weight.ndim == 2 and "norm" not in name
            (matrices if inside else rest).append(weight)
    return [
        torch.optim.AdamW(rest, recipe.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        Muon(matrices, recipe.muon_rate),
    ]


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train until the clock is over; the pipeline is in `folder`/model."""
    writer = texts.build(recipe)
    modules = [build(recipe).to(device), *(model.to(device) for model in writer.models)]
    writer.clip, writer.t5 = modules[1], modules[2]
    means = [copy.deepcopy(module).requires_grad_(False) for module in modules]
    optims = optimizers(modules, recipe)
    parts = {"modules": modules, "means": means, "optimizers": optims}
    checkpoint.resume(folder, STAGE, clock, parts, device)
    if device.type == "cuda":
        torch._dynamo.config.recompile_limit = 64
        modules[0].compile_repeated_blocks(dynamic=False)  # one block compiles in seconds, all of them in minutes
    stored = {
        name: {shape: latents.load(folder, name, shape) for shape in recipe.shapes} for name in ("pictures", "pairs")
    }
    codes = {name: {shape: kept[1] for shape, kept in by.items()} for name, by in stored.items()}
    held = {name: {shape: kept[0].to(device) for shape, kept in by.items()} for name, by in stored.items()}
    fit = _Fit(recipe, modules, means, optims, writer, held, device)
    losses: list[list[float]] = []
    for lesson in batches(Lessons(recipe, writer, codes["pictures"], codes["pairs"]), recipe, clock.step):
        fit.step(lesson, clock)
        if clock.step % 200 == 0 or recipe.fit_steps < 100:
            losses.append([clock.step, round(fit.mean_loss(), 4)])
            print(f"transformer: step {clock.step}, loss {losses[-1][1]:.4f}, {clock.spent:.0f} s", flush=True)
        if clock.over():
            break
        if clock.piece_over() or clock.save_is_due():
            checkpoint.save(folder, STAGE, clock, parts)
            if clock.piece_over():
                raise PieceOver(STAGE)
    checkpoint.save(folder, STAGE, clock, parts)  # so that anyone can go on from here
    writer.clip, writer.t5 = means[1], means[2]
    weights = sum(p.numel() for module in means for p in module.parameters())
    save(folder / "model", recipe, means[0], writer, autoencoder.load(folder, torch.device("cpu")))
    return {
        "steps": clock.step,
        "loss": losses[-1][1],
        "weights": weights,
        "seconds": round(clock.spent),
        "losses": losses[-40:],
    }


class _Fit:
    """One step of flow matching at a time."""

    def __init__(
        self,
        recipe: Recipe,
        modules: list[Any],
        means: list[Any],
        optims: list[Any],
        writer: Any,
        held: Any,
        device: torch.device,
    ) -> None:
        self.recipe, self.writer, self.device, self.held, self.optims = recipe, writer, device, held, optims
        self.model = modules[0].train()
        self.weights = [p for module in modules for p in module.parameters()]
        self.averages = [p for module in means for p in module.parameters()]
        self.text_ids = torch.zeros(recipe.text_length, 3, device=device)
        grids = {shape: recipe.grid(shape) for shape in recipe.shapes}
        self.ids = {shape: positions(*grid).to(device) for shape, grid in grids.items()}
        self.both = {
            shape: torch.cat([positions(*grid), positions(*grid, 1)]).to(device) for shape, grid in grids.items()
        }
        self.sum, self.count = torch.zeros((), device=device), 0

    def mean_loss(self) -> float:
        """The loss since this was last asked."""
        mean = float(self.sum.item()) / max(1, self.count)
        self.sum.zero_()
        self.count = 0
        return mean

    def step(self, lesson: tuple[str, bool, torch.Tensor, torch.Tensor, torch.Tensor], clock: Clock) -> None:
        shape, edit, rows, one, two = lesson
        rows, one, two = (part.to(self.device, non_blocking=True) for part in (rows, one, two))
        if edit:
            before, x = self.held["pairs"][shape][:, rows].float()
        else:
            x = self.held["pictures"][shape][rows].float()
        noise, s = torch.randn_like(x), torch.sigmoid(torch.randn(len(x), device=self.device))
        s = self.recipe.shift * s / (1 + (self.recipe.shift - 1) * s)
        mixed = torch.lerp(x, noise, s[:, None, None])
        with autocast(self.device, self.recipe.half):
            words, pooled = self.writer.read(one, two)
            out = self.model(
                hidden_states=torch.cat([mixed, before], 1) if edit else mixed,
                encoder_hidden_states=words,
                pooled_projections=pooled,
                timestep=s,
                img_ids=self.both[shape] if edit else self.ids[shape],
                txt_ids=self.text_ids,
                return_dict=False,
            )[0]
        loss = nn.mse_loss(out[:, : x.shape[1]].float(), noise - x)
        self._learn(loss, clock)

    def _learn(self, loss: torch.Tensor, clock: Clock) -> None:
        decay = min(1.0, max(0.01, (1 - clock.share) / self.recipe.cooldown)) * min(1.0, (clock.step + 1) / 100)
        for optimizer, rate in zip(self.optims, (self.recipe.rate, self.recipe.muon_rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * decay
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        for optimizer in self.optims:
            optimizer.step()
        keep = min(self.recipe.mean, (1 + clock.step) / (10 + clock.step))
        with torch.no_grad():  # outside it the averages would keep every step's graph alive
            torch._foreach_lerp_(self.averages, self.weights, 1 - keep)
        clock.step += 1
        self.sum += loss.detach()
        self.count += 1
