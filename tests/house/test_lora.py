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

from house.train import adapting, autoencoder, lora, transformer
from house.train.recipe import smoke
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import Linear
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


def test_an_adapter_s_gradients_are_those_of_what_it_computes() -> None:
    torch.manual_seed(4)
    sizes = (5, 6), (7, 6), (7,), (2, 6), (7, 2)
    x, w, b, d, u = (torch.randn(size, dtype=torch.double) for size in sizes)
    for one in (x, d, u):
        one.requires_grad_()
    assert torch.allclose(adapting._Adapted.apply(x, w, b, d, u), x @ w.T + b + x @ d.T @ u.T)
    assert torch.autograd.gradcheck(adapting._Adapted.apply, (x, w, b, d, u))


def test_peft_s_layers_make_the_same_when_they_are_quick_and_are_as_before_afterwards() -> None:
    torch.manual_seed(5)
    body = torch.nn.Sequential(torch.nn.Linear(24, 32), torch.nn.GELU(), torch.nn.Linear(32, 16)).bfloat16()
    model = get_peft_model(body, LoraConfig(r=4, lora_alpha=4, init_lora_weights=False, target_modules=["0", "2"]))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()
    x, before, found = torch.randn(3, 11, 24).bfloat16(), Linear.forward, []
    for wanted in (False, True):
        with torch.autocast("cpu", torch.bfloat16), adapting.quick(wanted):
            assert (Linear.forward is before) != wanted
            made = model(x)
            with model.disable_adapter():
                bare = model(x)
        made.float().square().sum().backward()
        found.append([made, bare, *(weight.grad for weight in weights)])
        model.zero_grad()
    assert Linear.forward is before
    theirs, ours = found
    assert torch.equal(theirs[1], ours[1])
    assert not torch.allclose(ours[0], ours[1], atol=0.1)
    for one, other in zip(theirs, ours, strict=True):
        assert (one.float() - other.float()).norm() < 0.02 * one.float().norm()


def test_a_layer_that_is_more_than_an_adapter_computes_as_peft_does() -> None:
    for change in ({"lora_alpha": 8}, {"lora_dropout": 0.5}):
        config = LoraConfig(**{"r": 4, "lora_alpha": 4, "target_modules": ["0"], **change})
        layer = get_peft_model(torch.nn.Sequential(torch.nn.Linear(8, 8)), config).base_model.model[0]
        assert not adapting.able(layer)
    layer = get_peft_model(
        torch.nn.Sequential(torch.nn.Linear(8, 8)), LoraConfig(r=4, lora_alpha=4, target_modules=["0"])
    ).base_model.model[0]
    assert adapting.able(layer)
