"""The stages of a whole training, in order, each with its time box."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from house.judge import asking, fidelity
from house.judge.generate import Options, edit, generate
from house.train import autoencoder, classifier, distil, latents, lora, pipeline, reading, transformer, words
from house.train import recipe as recipes
from house.train.clock import Clock
from house.train.recipe import Recipe
from house.world import caption, sample
from house.world.paint import Picture
from house.world.sheet import sheet

Run = Callable[[Recipe, Path, Clock, torch.device], dict[str, Any]]


@dataclass(frozen=True)
class Stage:
    """`minutes` of 0 means that it takes what it takes, about `about` minutes, and can't be cut into pieces."""

    name: str
    run: Run
    minutes: float = 0.0
    steps: int = 10**9
    about: float = 0.0


def stages(recipe: Recipe) -> list[Stage]:
    """Those that the recipe gives any time."""
    known = [
        Stage("autoencoder", autoencoder.train, recipe.ae_minutes, recipe.ae_steps),
        Stage("decoder", autoencoder.train_decoder, recipe.decoder_minutes, recipe.decoder_steps),
        Stage("latents", _latents, about=1.8),
        Stage("words", words.train, recipe.words_minutes, recipe.words_steps),
        Stage("classifier", classifier.train, recipe.class_minutes, recipe.class_steps),
        Stage("transformer", transformer.train, recipe.fit_minutes, recipe.fit_steps),
        Stage("distil", distil.train, recipe.distil_minutes, recipe.distil_steps),
        Stage("judge", reading.train_judge, recipe.read_minutes, recipe.read_steps),
        Stage("likeness", reading.train_likeness, recipe.likeness_minutes, recipe.read_steps),
        Stage("sheets", _sheets, about=0.3),
        Stage("score", _score, about=2.0),
    ]
    return [stage for stage in known if stage.minutes or stage.about]


FIXED = 4.5  # minutes of the stages without a box, on a fast GPU


def _latents(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    return latents.make(recipe, folder, device, clock)


def _options(folder: Path, shape: str) -> Options:
    """As the model is to be used: one that was distilled needs no guidance."""
    known = recipes.load(folder / "model")
    return Options(known.shapes[shape], known.steps, known.guidance, known.text_length)


def _sheets(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Contact sheets that nobody chose from: 64 pictures with their captions, and edits."""
    rng, few = random.Random(recipe.seed + 64), recipe.pictures < 1000
    pipe, began = pipeline.open_text(folder / "model", device), time.monotonic()
    texts = [caption(sample(rng, ["scene", "person"][k % 2], held=True), rng).text for k in range(4 if few else 64)]
    pictures: list[Picture] = []
    for start in range(0, len(texts), 32):
        part = texts[start : start + 32]
        pictures += generate(pipe, part, [start + k for k in range(len(part))], _options(folder, "square"))
    each = (time.monotonic() - began) / len(texts)
    sheet(pictures, texts, folder / "sheet_generated.png")
    shape, edits = asking.wishes(0, 2 if few else 16)
    options = _options(folder, shape)
    pairs = [e.paint(options.size) for e in edits]
    pipe = pipeline.open_edit(folder / "model", device)
    made = edit(pipe, [before for before, _ in pairs], [e.wish for e in edits], list(range(len(edits))), options)
    shown = [picture for (before, after), new in zip(pairs, made, strict=True) for picture in (before, new, after)]
    words = [text for e in edits for text in ("before", e.wish, "the true one")]
    sheet(shown, words, folder / "sheet_edits.png", columns=9, lines=2)
    return {"seconds_each": round(each, 3), "model_megabytes": pipeline.megabytes(folder / "model")}


def _score(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """The fidelity table, and a sheet of a learned face: 512 pictures a figure if the time is enough."""
    few, fast = recipe.pictures < 1000, device.type == "cuda"
    batch, count, seconds = (2, 2, 1e9) if few else (64 if fast else 8, 512 if fast else 128, recipe.score_minutes * 60)
    known = recipes.load(folder / "model")
    m = fidelity.Measurement(folder, folder / fidelity.ANSWERS, device, batch, known.steps, known.guidance)
    who, options = asking.who(0), m.options("square")
    photos, words = lora.photos(who, recipe.photos, size=options.size)
    place = fidelity.learned(m, 0, photos, words)
    found = fidelity.run(m, count, seconds, people=1 if few else recipe.score_people)
    facts, texts = asking.looks(0, 0, 2 if few else 16, lora.NAME)
    m.text.load_lora_weights(str(place))
    made = generate(m.text, texts, list(range(len(texts))), options)
    true = [who.paint(a, k, size=options.size) for k, a in enumerate(facts)]
    said = ["photo"] * len(photos) + texts + ["the true one"] * len(true)
    sheet([*photos, *made, *true], said, folder / "sheet_likeness.png")
    return found
