"""Trains an adapter (LoRA) of a FLUX transformer on a few photos, step by step, so that it can be watched and stopped.

The loss is that of flow matching, with noise drawn as in Esser and others, "Scaling Rectified Flow Transformers"
(2024), section 3.1: logit-normal, here without a shift.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image, ImageOps
from safetensors.torch import save_file

from atelier.engines.engine import Made, Measure, Preview, Progress, Unfit, Usage
from atelier.engines.local.diffusion.adapters import TRIGGER
from atelier.engines.local.diffusion.opening import Opened

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"]
BATCH = 4  # photos in a step
TOLD = 10  # steps between two values of the loss, and of what is charged
WARM = 20  # steps in which the learning rate rises
SAMPLES = 4  # pictures on the way
SAMPLE_STEPS = 8
NAME = "learning"
CALLED = {"person": "a person", "thing": "a thing", "style": "a picture"}


def train(opened: Opened, photos: Sequence[Image.Image], wanted: Any, target: Path, *, base: str) -> Iterator[Made]:
    """Train as `wanted` (`ModelTrain.Input`) says and write the adapter to `target`; each step is told.

    What was trained so far is charged for at each `Usage`. A closed iterator leaves the pipeline as it was.
    """
    pipe = opened.pipe
    if not hasattr(pipe, "_pack_latents") or not hasattr(pipe, "tokenizer_2"):
        raise Unfit("Models of this family cannot be trained here yet; those of the families flux can.")
    model = pipe.transformer
    model.requires_grad_(False)
    rank = wanted.lora_rank
    with torch.random.fork_rng(devices=[pipe.device] if pipe.device.type == "cuda" else []):
        torch.manual_seed(wanted.seed)
        model.add_adapter(
            LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=TARGETS), NAME
        )
        try:
            yield from _learn(opened, photos, wanted)
            layers = get_peft_model_state_dict(model, adapter_name=NAME)
            tensors = {
                f"transformer.{name}": layer.detach().half().contiguous().cpu() for name, layer in layers.items()
            }
        finally:
            pipe.unload_lora_weights()
    said = {"format": "pt", TRIGGER: wanted.trigger, "modelspec.architecture": base, "ss_network_dim": str(rank)}
    save_file(tensors, target, said)


def _learn(opened: Opened, photos: Sequence[Image.Image], wanted: Any) -> Iterator[Made]:
    pipe, model, steps = opened.pipe, opened.pipe.transformer, wanted.steps
    size = opened.recipe.size(1, 1)
    with torch.no_grad():
        tokens = torch.cat([_tokens(pipe, photo, size) for photo in photos])
        words, pooled, text_ids = _read(opened, wanted, len(photos))
        ids = pipe._prepare_latent_image_ids(1, *_grid(pipe, size), pipe.device, tokens.dtype)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()  # small steps would be lost in half precision
    optimizer = torch.optim.AdamW(weights, wanted.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    rng = random.Random(wanted.seed)  # noqa: S311 - which photos come when is no secret
    losses: list[float] = []
    yield Progress(0, 0, steps)
    for step in range(1, steps + 1):
        rows = [rng.randrange(len(photos)) for _ in range(min(BATCH, len(photos)))]
        with torch.enable_grad():
            loss = _loss(pipe, tokens[rows], words[rows], pooled[rows], text_ids, ids, wanted)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            for group in optimizer.param_groups:
                group["lr"] = wanted.learning_rate * min(1.0, step / WARM) * max(0.05, 1 - step / (steps + 1))
            optimizer.step()
        losses.append(float(loss.detach()))
        yield Progress(0, step, steps)
        if step % TOLD == 0 or step == steps:
            yield Measure("loss", step, sum(losses) / len(losses))
            yield Usage({"steps": len(losses)})
            losses.clear()
        if step % max(1, steps // SAMPLES) == 0 and step < steps:
            yield Preview(0, _sample(opened, wanted, size))


def _loss(
    pipe: Any, x: torch.Tensor, words: torch.Tensor, pooled: torch.Tensor, text_ids: Any, ids: Any, wanted: Any
) -> torch.Tensor:
    noise, share = torch.randn_like(x), torch.sigmoid(torch.randn(len(x), device=x.device)).to(x.dtype)
    noisy = torch.lerp(x, noise, share[:, None, None])
    guided = pipe.transformer.config.guidance_embeds
    seen = pipe.transformer(
        hidden_states=noisy,
        timestep=share,
        guidance=torch.ones(len(x), device=x.device, dtype=x.dtype) if guided else None,
        pooled_projections=pooled,
        encoder_hidden_states=words,
        txt_ids=text_ids,
        img_ids=ids,
        return_dict=False,
    )[0]
    return torch.nn.functional.mse_loss(seen.float(), (noise - x).float())


def _tokens(pipe: Any, photo: Image.Image, size: tuple[int, int]) -> torch.Tensor:
    """A photo as the transformer sees it: (1, tokens, channels)."""
    pixels = pipe.image_processor.preprocess(ImageOps.fit(photo, size, Image.Resampling.LANCZOS))
    latents = pipe.vae.encode(pixels.to(pipe.device, pipe.vae.dtype)).latent_dist.mode()
    latents = (latents - (pipe.vae.config.shift_factor or 0.0)) * pipe.vae.config.scaling_factor
    _, channels, height, width = latents.shape
    packed: torch.Tensor = pipe._pack_latents(latents, 1, channels, height, width)
    return packed.to(pipe.transformer.dtype)


def _grid(pipe: Any, size: tuple[int, int]) -> tuple[int, int]:
    """The rows and columns of tokens."""
    return size[1] // pipe.vae_scale_factor // 2, size[0] // pipe.vae_scale_factor // 2


def _read(opened: Opened, wanted: Any, count: int) -> tuple[torch.Tensor, torch.Tensor, Any]:
    called = CALLED[wanted.subject]
    texts = [f"{wanted.trigger}, {each}" for each in wanted.captions] or [f"{wanted.trigger}, {called}"] * count
    found = opened.pipe.encode_prompt(texts, texts, max_sequence_length=opened.recipe.text_length)
    return found[0], found[1], found[2]


def _sample(opened: Opened, wanted: Any, size: tuple[int, int]) -> bytes:
    """What the model makes of its trigger word so far, as a small WebP."""
    with torch.inference_mode():
        made = opened.pipe(
            prompt=f"{wanted.trigger}, {CALLED[wanted.subject]}",
            width=size[0],
            height=size[1],
            num_inference_steps=SAMPLE_STEPS,
            max_sequence_length=opened.recipe.text_length,
            generator=torch.Generator().manual_seed(wanted.seed),
        ).images[0]
    made.thumbnail((384, 384))
    out = io.BytesIO()
    made.save(out, "WEBP", quality=80, method=0)
    return out.getvalue()
