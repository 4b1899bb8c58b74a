"""Learns a likeness: a LoRA of the transformer from a few pictures and captions that use only a name."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as nn
from diffusers import FluxPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

from house.train import attention
from house.train.device import autocast, lean
from house.train.fitting import noise_levels, positions
from house.train.latents import tokens_of
from house.train.painting import floats
from house.train.recipe import Recipe
from house.world import Person, caption, paint
from house.world.fields import SHAPES
from house.world.paint import Picture

NAME = "zoe"
TARGETS = [
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "add_q_proj",
    "add_k_proj",
    "add_v_proj",
    "to_add_out",
    "proj_mlp",
    "proj_out",
]
TARGETS += ["ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2"]
VARIANTS = 12  # captions of each photo


def photos(
    who: Person, count: int, *, size: tuple[int, int] = SHAPES["square"]
) -> tuple[list[Picture], list[list[str]]]:
    """Pictures of one person, and many captions of each that say everything but the face."""
    rng, pictures, words = random.Random(f"{who.seed} photos"), [], []
    for _ in range(count):
        a = who.outfit(rng)
        pictures.append(paint(a, rng.getrandbits(31), size=size, face=who.face))
        words.append([caption(a, rng, name=NAME, every=k % 2 == 0).text for k in range(VARIANTS)])
    return pictures, words


def learn(pipe: Any, recipe: Recipe, pictures: torch.Tensor, words: list[list[str]], target: Path) -> dict[str, Any]:
    """Train on square pictures (count, height, width, 3) and save weights that `load_lora_weights` takes."""
    began, device, model = time.monotonic(), pipe.device, pipe.transformer
    half = recipe.half
    x_all = tokens_of(pipe.vae, floats(pictures, device).to(pipe.vae.dtype))
    flat = [text for each in words for text in [*each, ""]]
    with torch.no_grad():
        read, pooled, text_ids = pipe.encode_prompt(flat, flat, max_sequence_length=recipe.text_length)
    model.requires_grad_(False)
    model.add_adapter(
        LoraConfig(
            r=recipe.lora_rank, lora_alpha=recipe.lora_rank, init_lora_weights="gaussian", target_modules=TARGETS
        )
    )
    weights = [p for p in model.parameters() if p.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    optimizer = torch.optim.AdamW(weights, recipe.lora_rate, betas=(0.9, 0.98), weight_decay=0.0)
    rng, ids = random.Random(1), positions(*recipe.grid("square")).to(device)
    each = len(words[0]) + 1
    for step in range(recipe.lora_steps):
        rows = [rng.randrange(len(x_all)) for _ in range(recipe.lora_batch)]
        said = [row * each + (each - 1 if rng.random() < recipe.drop else rng.randrange(each - 1)) for row in rows]
        x = x_all[rows]
        noise, s = torch.randn_like(x), noise_levels(len(x), recipe, device)
        with autocast(device, half), attention.quick(lean(device, half)):
            out = model(
                hidden_states=torch.lerp(x, noise, s[:, None, None]).to(model.dtype),
                encoder_hidden_states=read[said],
                pooled_projections=pooled[said],
                timestep=s.to(model.dtype),
                img_ids=ids,
                txt_ids=text_ids,
                return_dict=False,
            )[0]
        loss = nn.mse_loss(out.float(), noise - x)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = recipe.lora_rate * min(1.0, (step + 1) / 20) * max(0.05, 1 - step / recipe.lora_steps)
        optimizer.step()
    layers = {name: weight.half() for name, weight in get_peft_model_state_dict(model).items()}
    FluxPipeline.save_lora_weights(target, transformer_lora_layers=layers)
    model.delete_adapters("default")
    return {"seconds": round(time.monotonic() - began, 1), "weights": sum(w.numel() for w in weights)}
