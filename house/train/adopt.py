"""Goes on from finished weights, which come without the optimisers' state: as if their stages had been run here."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxTransformer2DModel
from transformers import CLIPTextModel, T5EncoderModel

from house.judge import reader
from house.train import autoencoder, checkpoint, reading, transformer, words
from house.train import recipe as recipes
from house.train.clock import Clock
from house.train.recipe import Recipe

# As they are, unless more is asked of them. A classifier learns anew, of the new pictures.
KEPT = ("autoencoder", "decoder", "words", "judge", "likeness")
FURTHER = {
    "transformer": "fit_minutes",
    "decoder": "decoder_minutes",
    "judge": "read_minutes",
    "likeness": "likeness_minutes",
}
COMPILED = "compiled"  # torch's own; it may be there before anything else
FAMILIES = {"transformer": FluxTransformer2DModel, "text_encoder": CLIPTextModel, "text_encoder_2": T5EncoderModel}


def longer(source: Path, more: Mapping[str, float]) -> Recipe:
    """The recipe of the weights in `source`, with minutes more for some stages; a transformer sees whole pictures.

    The next seed makes them other pictures than before, and the classifier no copy of the one that it learned from.
    Its rates begin at three quarters, because that is where weights that had cooled down went on well; a judge's and
    a likeness's begin where a straight line to the end of the longer time is then.
    """
    lacking = [name for name in ("model/recipe.json", "judge", "figures.json") if not (source / name).exists()]
    if lacking:
        raise SystemExit(f"{source} is no finished training: it lacks {', '.join(lacking)}.")
    known, found = recipes.load(source / "model"), checkpoint.figures(source)
    spent = found["transformer"]["seconds"] / 60
    if known.guidance <= 1 < known.distil_minutes:
        raise SystemExit(f"{source} has guidance by heart, and would unlearn it: go on from the run before `distil`.")
    minutes, whole = more["transformer"], spent + more["transformer"]
    boxes: dict[str, Any] = {
        FURTHER[stage]: _clock(found.get(stage)).spent_before / 60 + extra for stage, extra in more.items() if extra
    }
    boxes |= {"early_pictures": 0, "early_pairs": 0, "early": known.early * spent / whole}  # none is seen again
    return dataclasses.replace(known, **boxes, seed=known.seed + 1, cooldown=minutes / whole / 0.75)


def adopt(recipe: Recipe, source: Path, folder: Path, more: Mapping[str, float]) -> None:
    """Lay what `source` holds (model, judge, figures.json) into an empty run's folder, the recipe last."""
    new, model, known = folder / "adopted.new", source / "model", checkpoint.figures(source)
    shutil.rmtree(new, ignore_errors=True)
    if folder.exists() and any(entry.name != COMPILED for entry in folder.iterdir()):
        raise SystemExit(f"{folder} is not empty: finished weights need a folder of their own to go on in.")
    shutil.copytree(model / "tokenizer", new / "tokens" / "one")
    shutil.copytree(model / "tokenizer_2", new / "tokens" / "two")
    shutil.copytree(model / "vae", new / autoencoder.STAGE)
    shutil.copytree(source / "judge", new / "judge")
    learner = transformer.trainee(recipe, new, torch.device("cpu"))
    for place, (name, family) in enumerate(FAMILIES.items()):
        state = family.from_pretrained(model / name, torch_dtype=torch.float32).state_dict()
        learner.modules[place].load_state_dict(state)
        learner.means[place].load_state_dict(state)
    checkpoint.save(new, words.STAGE, _clock(known["words"]), {"modules": learner.modules[1:]})
    checkpoint.save(new, transformer.STAGE, _clock(known["transformer"]), learner.parts())
    for stage in KEPT:
        if more.get(stage):
            checkpoint.save(new, stage, _clock(known.get(stage)), _parts(stage, recipe, source, new))
        elif stage in known:
            checkpoint.write_figures(new, stage, known[stage])
    for entry in new.iterdir():
        entry.rename(folder / entry.name)
    new.rmdir()
    recipe.save(folder)


def _parts(stage: str, recipe: Recipe, source: Path, new: Path) -> dict[str, Any]:
    """A stage's weights and optimisers that begin anew."""
    if stage == autoencoder.DECODER:
        model = autoencoder.alone(new)
        return {"model": model, "optimizers": autoencoder.optimizers(model, recipe)}
    model = reader.load(stage, source / "judge", torch.device("cpu")).requires_grad_(True)
    return {"model": model, "optimizers": reading.steppers(recipe, model)}


def _clock(found: dict[str, Any] | None) -> Clock:
    """As it stood at a finished stage's end; at zero before a stage that was never there."""
    known = found or {"seconds": 0, "steps": 0}
    return Clock(1.0, 10**9, spent_before=known["seconds"], step=known["steps"])
