"""Learns a likeness: a LoRA of the transformer from a few pictures and captions that use only a name."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

from house.train import adapting, attention
from house.train.device import autocast, lean
from house.train.fitting import noise_levels, positions, seen
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
LAST_FIFTH = 0.05  # of the noise: its last fifth settles large areas, and a face is small
WEIGHED = 0.85  # of what a token counts is how wrong the model was about it
ASKED = (0.5, 0.65, 0.8, 0.9)  # shares of noise at which that is asked


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


class _Album:
    """Photos as tokens, what is said of each, as a model reads it, and how much each token counts."""

    def __init__(self, pipe: Any, recipe: Recipe, pictures: torch.Tensor, words: list[list[str]]) -> None:
        self.model, self.device = pipe.transformer, pipe.device
        self.recipe = dataclasses.replace(recipe, last_fifth=LAST_FIFTH)
        self.tokens = tokens_of(pipe.vae, floats(pictures, pipe.device).to(pipe.vae.dtype))
        self.each = len(words[0]) + 1  # captions of a photo; the last one is empty
        flat = [text for said in words for text in [*said, ""]]
        with torch.no_grad():
            self.read, self.pooled, self.text_ids = pipe.encode_prompt(
                flat, flat, max_sequence_length=recipe.text_length
            )
        self.ids = positions(*recipe.grid("square")).to(pipe.device)
        self.counts = torch.ones(self.tokens.shape[:2], device=pipe.device)

    def expected(self, noisy: torch.Tensor, s: torch.Tensor, said: list[int]) -> torch.Tensor:
        """What the model takes for the way from picture to noise, with captions of these numbers."""
        quick = lean(self.device, self.recipe.half)
        with autocast(self.device, self.recipe.half), attention.quick(quick), adapting.quick(quick):
            return seen(self.model, noisy, s, (self.read[said], self.pooled[said]), self.ids, self.text_ids)

    @torch.no_grad()
    def weigh(self) -> None:
        """Let tokens count by how wrong the model is about them now: a face's, rather than clothes that words tell."""
        first, wrong = list(range(0, len(self.read), self.each)), torch.zeros_like(self.counts)
        for level in ASKED:
            noise, s = torch.randn_like(self.tokens), self.tokens.new_full((len(self.tokens),), level)
            off = self.expected(torch.lerp(self.tokens, noise, level), s, first) - (noise - self.tokens)
            wrong += level**2 * off.square().mean(-1)
        self.counts = 1 - WEIGHED + WEIGHED * wrong / wrong.mean(1, keepdim=True)

    def loss(self, rows: list[int], rng: random.Random) -> torch.Tensor:
        """Of photos `rows`, each with one of its captions; without words the model shall stay what it was.

        So guidance, which leads away from what is painted without words, leads to the face.
        """
        silent = [rng.random() < self.recipe.drop for _ in rows]
        said = [
            row * self.each + (self.each - 1 if no else rng.randrange(self.each - 1))
            for row, no in zip(rows, silent, strict=True)
        ]
        x = self.tokens[rows]
        noise, s = torch.randn_like(x), noise_levels(len(x), self.recipe, self.device)
        noisy, goal = torch.lerp(x, noise, s[:, None, None]), noise - x
        if quiet := [k for k, no in enumerate(silent) if no]:
            self.model.disable_adapters()
            with torch.no_grad():
                goal[quiet] = self.expected(noisy[quiet], s[quiet], [said[k] for k in quiet])
            self.model.enable_adapters()
        off = self.expected(noisy, s, said) - goal
        return (off.square().mean(-1) * self.counts[rows]).mean()


def learn(pipe: Any, recipe: Recipe, pictures: torch.Tensor, words: list[list[str]], target: Path) -> dict[str, Any]:
    """Train on square pictures (count, height, width, 3) and save weights that `load_lora_weights` takes.

    Its chance is its own: the same photos give the same face, as far as the machine's arithmetic is the same.
    """
    began = time.monotonic()
    with torch.random.fork_rng([pipe.device] if pipe.device.type == "cuda" else []):
        torch.manual_seed(recipe.seed)
        count = _learn(_Album(pipe, recipe, pictures, words), recipe, target)
    return {"seconds": round(time.monotonic() - began, 1), "weights": count}


def _learn(album: _Album, recipe: Recipe, target: Path) -> int:
    """Write the weights; how many there are."""
    model = album.model
    album.weigh()
    model.requires_grad_(False)
    model.add_adapter(
        LoraConfig(
            r=recipe.lora_rank, lora_alpha=recipe.lora_rank, init_lora_weights="gaussian", target_modules=TARGETS
        )
    )
    weights = [p for p in model.parameters() if p.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    optimizer = torch.optim.AdamW(weights, recipe.lora_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    rng, turns = random.Random(recipe.seed), _turns(len(album.tokens), random.Random(recipe.seed))
    for step in range(recipe.lora_steps):
        loss = album.loss([next(turns) for _ in range(recipe.lora_batch)], rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = recipe.lora_rate * min(1.0, (step + 1) / 20) * max(0.05, 1 - step / recipe.lora_steps)
        optimizer.step()
    layers = {name: weight.half() for name, weight in get_peft_model_state_dict(model).items()}
    FluxPipeline.save_lora_weights(target, transformer_lora_layers=layers)
    model.delete_adapters("default")
    return sum(weight.numel() for weight in weights)


def _turns(count: int, rng: random.Random) -> Iterator[int]:
    """Numbers below `count` in any order, each as often as the others."""
    while True:
        yield from rng.sample(range(count), count)
