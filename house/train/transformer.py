"""The transformer: diffusers' FluxTransformer2DModel, trained with its text encoders by flow matching.

Text to image and edits share it. An edit's reference picture comes as further tokens at place 1 of the first axis, as
FluxKontextPipeline lays them out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxTransformer2DModel

from house.train import autoencoder, checkpoint, critic, texts, words
from house.train.clock import Clock
from house.train.fitting import Fit, Trainee, fit
from house.train.muon import Muon
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


def trainee(recipe: Recipe, folder: Path, device: torch.device) -> Trainee:
    """Everything that learns, untrained: the transformer and both text encoders, their averages and optimisers.

    Encoders that were taught what words mean stay as they are: a transformer that can't use words yet would flatten
    them (the spread of CLIP's vector fell from 0.83 to 0.06 in 1,100 steps, and words then steered nothing).
    """
    writer = texts.build(recipe, folder)
    modules = [build(recipe).to(device), *(model.to(device) for model in writer.models)]
    writer.clip, writer.t5 = modules[1], modules[2]
    for module in modules[1:] if recipe.words_minutes else []:
        module.requires_grad_(False)
    pair = critic.build(recipe.ae_latent, recipe.class_width, device) if recipe.critic else []
    return Trainee(modules, optimizers(modules, recipe), writer, pair)


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train until the clock is over; the pipeline is in `folder`/model."""
    learner = trainee(recipe, folder, device)
    if not checkpoint.resume(folder, STAGE, clock, learner.parts(), device):
        words.recall(recipe, folder, learner, device)
    found = fit(STAGE, Fit(recipe, learner, folder, device), folder, clock)
    keep(recipe, folder, learner)
    return found


def keep(recipe: Recipe, folder: Path, learner: Trainee) -> None:
    """Write the averaged weights as a pipeline."""
    writer = texts.Writer(learner.writer.one, learner.writer.two, learner.means[1], learner.means[2])
    save(folder / "model", recipe, learner.means[0], writer, autoencoder.load(folder, torch.device("cpu")))
