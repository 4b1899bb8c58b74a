"""The model card, filled from the recipe and the figures of a run."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import torch

from house.judge.fidelity import KEYS
from house.train import autoencoder, checkpoint, pipeline
from house.train import recipe as recipes
from house.train.recipe import Recipe

COMMANDS = {
    "large": "python -m house.train all",
    "small": "python -m house.train all --small",
    "smoke": "python -m house.train all --smoke",
}
NOTES = {
    "large": "",
    "small": "**Trained on two cores of a processor, which is little:** edges are painterly, and hats and small things"
    " sometimes wrong. `python -m house.train all` on a GPU trains the larger model, which is meant to take its"
    " place.\n\n",
    "smoke": "**A toy that has learned nothing:** it proves that the trainer runs.\n\n",
}
TEMPLATE = Path(__file__).parent.parent / "card.md"


def write(recipe: Recipe, folder: Path, device: torch.device) -> None:
    """Write `README.md` into the model's folder."""
    found, known = checkpoint.figures(folder), recipes.load(folder / "model")
    words = {
        "table": table(found.get("score", {})),
        "judge": _percent(found.get("judge", {}).get("accuracy", {}).get("person")),
        "judge_scenes": _percent(found.get("judge", {}).get("accuracy", {}).get("scene")),
        "told_apart": _percent(found.get("likeness", {}).get("told_apart")),
        "psnr": str(autoencoder.figures(found).get("psnr", "not measured")),
        "steps": str(found.get("transformer", {}).get("steps", "?")),
        "minutes": str(round(sum(stage.get("seconds", 0) for stage in found.values()) / 60, 1)),
        "machine": _machine(device),
        "weights": f"{found.get('transformer', {}).get('weights', 0) / 1e6:.1f}",
        "megabytes": str(pipeline.megabytes(folder / "model")),
        "command": COMMANDS[recipe.name],
        "note": NOTES[recipe.name],
        "sizes": ", ".join(f"{width} x {height}" for width, height in known.shapes.values()),
        "length": str(recipe.text_length),
        "sampling": f"{known.steps} steps, guidance {known.guidance}",
        "likeness": str(found.get("score", {}).get("likeness", "not measured")),
    }
    text = Template(TEMPLATE.read_text()).substitute(words)
    (folder / "model" / "README.md").write_text(text)
    (folder / "model" / pipeline.SUMS).write_text(pipeline.checksums(folder / "model"))


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name())
    return f"a processor, {torch.get_num_threads()} threads"


def table(score: dict[str, Any]) -> str:
    """The fidelity table in Markdown."""
    lines = ["| figure | value | 95 % interval | pictures |", "| --- | --: | --- | --: |"]
    for key in KEYS if score else []:
        share = score["shares"][key]
        between = f"{share['low']} to {share['high']}" if share["high"] - share["low"] < 1 else "of one face: unknown"
        lines.append(f"| {key} | {share['value']} | {between} | {share['pictures']} |")
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"
