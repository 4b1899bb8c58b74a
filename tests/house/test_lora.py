"""Learning a face from photos: what counts, what stays, and whose chance it is."""

from __future__ import annotations

import dataclasses
import random
import warnings
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="the trainer needs torch: pip install -r house/requirements.txt")
    for name in ("skia", "peft"):
        pytest.importorskip(name, reason=f"the trainer needs {name}: pip install -r house/requirements.txt")

from house.train import autoencoder, lora, transformer
from house.train.recipe import smoke
from peft import LoraConfig
from safetensors.torch import load_file

RECIPE = dataclasses.replace(smoke(), drop=0.0)
WORDS = [["zoe in a hat", "zoe"], ["zoe by the sea", "zoe"], ["zoe", "a picture of zoe"]]


def pipe() -> Any:
    """An untrained model that reads and says something, with an autoencoder."""
    torch.manual_seed(1)
    model = transformer.build(RECIPE)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2 if weight.ndim == 2 else 0.02)

    def encode_prompt(texts: list[str], _: list[str], max_sequence_length: int) -> Any:
        rows = [torch.Generator().manual_seed(sum(map(ord, text))) for text in texts]
        read = [torch.randn(max_sequence_length, RECIPE.text_width, generator=each) for each in rows]
        return torch.stack(read), torch.stack(read).mean(1), torch.zeros(max_sequence_length, 3)

    vae = autoencoder.build(RECIPE).eval()
    return SimpleNamespace(transformer=model, vae=vae, device=torch.device("cpu"), encode_prompt=encode_prompt)


def pictures() -> Any:
    return torch.randint(0, 256, (3, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))


def album(recipe: Any = RECIPE) -> Any:
    return lora._Album(pipe(), recipe, pictures(), WORDS)


def test_what_the_model_cannot_paint_yet_counts_most() -> None:
    photos = album()
    torch.nn.init.zeros_(photos.model.proj_out.weight)  # it expects nothing anywhere, so what is bright is missed
    torch.nn.init.zeros_(photos.model.proj_out.bias)
    photos.tokens[:, 5] = 6.0
    photos.weigh()
    assert torch.allclose(photos.counts.mean(1), torch.ones(3), atol=1e-5)
    assert (photos.counts.argmax(1) == 5).all()
    assert photos.counts.min() >= 1 - lora.WEIGHED
    rng = random.Random(3)
    torch.manual_seed(3)
    loud = photos.loss([0, 1, 2], rng)
    photos.counts[:, 5] = 0.0
    torch.manual_seed(3)
    assert photos.loss([0, 1, 2], rng) < loud / 2


def test_without_words_the_model_is_taught_to_stay_what_it_was() -> None:
    for drop, nothing in ((1.0, True), (0.0, False)):
        photos = album(dataclasses.replace(RECIPE, drop=drop))
        photos.model.requires_grad_(False)
        photos.model.add_adapter(
            LoraConfig(r=2, lora_alpha=2, init_lora_weights="gaussian", target_modules=lora.TARGETS)
        )
        with torch.no_grad():
            assert (photos.loss([0, 1, 2], random.Random(1)) == 0) == nothing  # an adapter begins as nothing
            for name, weight in photos.model.named_parameters():
                if "lora_B" in name:
                    weight.add_(0.1)
            assert photos.loss([0, 1, 2], random.Random(1)) > 0
        assert all(weight.requires_grad == ("lora" in name) for name, weight in photos.model.named_parameters())


def test_every_photo_is_seen_as_often() -> None:
    seen = list(islice(lora._turns(8, random.Random(1)), 80))
    assert all(seen.count(number) == 10 for number in range(8))
    assert seen[:8] != seen[8:16]


def test_a_face_is_learned_with_a_chance_of_its_own(tmp_path: Path) -> None:
    found = []
    for turn in (1, 2):
        torch.manual_seed(turn)
        before = torch.get_rng_state()
        speaker = pipe()
        torch.set_rng_state(before)
        lora.learn(speaker, RECIPE, pictures(), WORDS, tmp_path / str(turn))
        assert torch.equal(before, torch.get_rng_state())
        found.append(load_file(tmp_path / str(turn) / "pytorch_lora_weights.safetensors"))
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(weight, found[1][name]) for name, weight in found[0].items())
    assert any(weight.abs().max() > 0 for name, weight in found[0].items() if "lora_B" in name)
