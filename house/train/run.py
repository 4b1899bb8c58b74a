"""Runs stages one after the other, each once and in a process of its own, and says what they measured."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from house.judge import fidelity
from house.train import adopt, autoencoder, card, checkpoint, device, pipeline
from house.train import recipe as recipes
from house.train.clock import Clock, PieceOver
from house.train.recipe import Recipe
from house.train.stages import FIXED, Stage, stages

RESERVE = 12.0  # seconds of a piece that are kept for saving
OVER = 3  # the exit status of a stage whose piece is over
PAINTS = "decoder", "transformer", "distil"  # shown by `sheets`, again when they are new
MEASURED = *PAINTS, "judge", "likeness"  # by `score`, again when they are new


def run(options: Any, start: float) -> int:
    """0 when all that was asked for is finished, or the piece is over and the next one can go on."""
    folder, where = options.to, device.pick(options.device)
    recipe = _recipe(options, folder)
    ends = start + options.piece_minutes * 60 - RESERVE if options.piece_minutes else None
    began = False
    for stage in stages(recipe):
        if options.command not in ("all", stage.name):
            continue
        if options.again:
            checkpoint.forget(folder, stage.name)
            if stage.name == "score":
                fidelity.forget(folder)
        if stage.name in checkpoint.figures(folder):
            print(f"{stage.name}: finished before", flush=True)
            continue
        if began and ends and stage.about and time.monotonic() + stage.about * 60 > ends:
            print(f"Piece over before {stage.name}; the same command goes on from here.", flush=True)
            return 0
        began = True
        status = _apart(options, stage.name, ends)
        if status:
            return 0 if status == OVER else 1
    if (folder / "model").exists():
        card.write(recipe, folder, where)
    print(json.dumps(checkpoint.figures(folder).get("score", {}) and _short(folder)), flush=True)
    return 0


def _apart(options: Any, name: str, ends: float | None) -> int:
    """The exit status of a stage in a process of its own: whatever memory it took is free when the next one begins."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])  # what takes seconds to import is imported once
    process = forks.Process(target=_alone, args=(options, name, ends))
    process.start()
    process.join()
    status = process.exitcode or 0
    if status < 0:
        said = f"{name} was ended by {signal.Signals(-status).name}"
        print(f"{said}; the same command goes on from what it had saved.", file=sys.stderr, flush=True)
    return status


def _alone(options: Any, name: str, ends: float | None) -> None:
    """What that process does: the stage, until the piece is over or whoever asked for it is gone."""
    threading.Thread(target=_leave_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    recipe, where = recipes.load(options.to), device.pick(options.device)
    device.prepare(where, recipe.seed, options.threads)
    known = stages(recipe)
    stage = next(each for each in known if each.name == name)
    scale = _scale(options.budget_minutes, known)
    try:
        _one(stage, recipe, options.to, where, Clock(stage.minutes * scale or 1e9, stage.steps, piece_ends=ends))
    except PieceOver as over:
        print(f"Piece over in {over}; saved. The same command goes on from here.", flush=True)
        sys.exit(OVER)


def _leave_with(asking: Any) -> None:
    asking.join()
    os._exit(1)


def _recipe(options: Any, folder: Path) -> Recipe:
    """The run's own recipe if it has one, so that a piece can't differ from the one before."""
    if (folder / recipes.FILE).exists():
        return recipes.load(folder)
    if options.weights:
        recipe = adopt.longer(options.weights, _more(options.more))
    else:
        recipe = recipes.smoke() if options.smoke else recipes.small() if options.small else Recipe()
    changes: dict[str, Any] = {} if options.seed is None else {"seed": options.seed}
    for change in options.set:
        name, value = change.split("=", 1)
        changes[name] = type(getattr(recipe, name))(json.loads(value))
    recipe = dataclasses.replace(recipe, **changes)
    if options.weights:
        adopt.adopt(recipe, options.weights, folder, _more(options.more))
    else:
        recipe.save(folder)
    return recipe


def _more(said: Sequence[str]) -> dict[str, float]:
    """Minutes for stages of finished weights; for the transformer an hour unless it is said otherwise."""
    more = {"transformer": 60.0}
    for each in said:
        name, _, minutes = each.partition("=")
        if name not in adopt.FURTHER:
            raise SystemExit(f"--more {each}: only {', '.join(adopt.FURTHER)} can go on from finished weights.")
        if not minutes.replace(".", "", 1).isdecimal() or not float(minutes):
            raise SystemExit(f"--more {each}: how many minutes? For instance --more {name}=30.")
        more[name] = float(minutes)
    return more


def _scale(budget: float | None, known: list[Stage]) -> float:
    boxed = sum(stage.minutes for stage in known)
    return max(0.05, (budget - FIXED) / boxed) if budget else 1.0


def _one(stage: Stage, recipe: Recipe, folder: Path, where: torch.device, clock: Clock) -> None:
    print(f"{stage.name}: begins on {where}", flush=True)
    began = time.monotonic()
    found = stage.run(recipe, folder, clock, where)
    if stage.name in MEASURED:
        fidelity.forget(folder)
        checkpoint.forget(folder, "score")
    if stage.name in PAINTS:
        checkpoint.forget(folder, "sheets")
    found.setdefault("seconds", round(time.monotonic() - began, 1))
    checkpoint.write_figures(folder, stage.name, found)
    shown = {name: value for name, value in found.items() if not isinstance(value, list)}
    print(f"{stage.name}: {json.dumps(shown)}", flush=True)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _short(folder: Path) -> dict[str, Any]:
    """What a run comes to, in a line."""
    found = checkpoint.figures(folder)
    score = {key: value for key, value in found["score"].items() if not isinstance(value, dict)}
    size = pipeline.megabytes(folder / "model")
    return {"psnr": autoencoder.figures(found)["psnr"], **score, "model_megabytes": size}
