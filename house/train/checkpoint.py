"""A stage's whole state (weights, averages, optimisers, clock, chance), replaced in one move."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from house.train.clock import Clock, PieceOver


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second training, which would write over the first's state, out of a folder: it ends with `SystemExit`."""
    folder.mkdir(parents=True, exist_ok=True)
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"{folder} is being trained in already. Give this one another folder, or wait.") from None
    else:
        yield
    finally:
        os.close(place)


def path(folder: Path, stage: str) -> Path:
    return folder / "checkpoints" / f"{stage}.pt"


def save(folder: Path, stage: str, clock: Clock, parts: dict[str, Any]) -> None:
    """`parts` are things with `state_dict`, or lists of them."""
    target = path(folder, stage)
    target.parent.mkdir(parents=True, exist_ok=True)
    states = {
        name: [each.state_dict() for each in part] if isinstance(part, list) else part.state_dict()
        for name, part in parts.items()
    }
    chance = {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}
    new = target.with_suffix(".new")
    torch.save({"states": states, "clock": clock.state(), "chance": chance}, new)
    os.replace(new, target)


def keep_up(folder: Path, stage: str, clock: Clock, parts: dict[str, Any]) -> None:
    """Save when it is time to, so that a machine that is taken away costs little; raises `PieceOver` after the last."""
    over = clock.piece_over()
    if over or clock.save_is_due():
        save(folder, stage, clock, parts)
    if over:
        raise PieceOver(stage)


def resume(folder: Path, stage: str, clock: Clock, parts: dict[str, Any], device: torch.device) -> bool:
    """Go on where the last piece ended; False if this is the first."""
    if not path(folder, stage).exists():
        return False
    kept = torch.load(path(folder, stage), map_location=device, weights_only=True)
    for name, part in parts.items():
        states = kept["states"][name]
        for each, state in zip(part, states, strict=True) if isinstance(part, list) else [(part, states)]:
            each.load_state_dict(state)
    clock.resume(kept["clock"])
    print(f"{stage}: taken up at step {clock.step}, {clock.spent:.0f} s", flush=True)
    torch.set_rng_state(kept["chance"]["cpu"].cpu())
    if kept["chance"]["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all([state.cpu() for state in kept["chance"]["cuda"]])
    return True


def prune(folder: Path) -> int:
    """Remove checkpoints and latents, which only a run that goes on needs; the bytes that this frees."""
    freed = 0
    for name in ("checkpoints", "latents"):
        place = folder / name
        if place.exists():
            freed += sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
            shutil.rmtree(place)
    return freed


def figures(folder: Path) -> dict[str, dict[str, Any]]:
    """What each finished stage measured."""
    file = folder / "figures.json"
    return json.loads(file.read_text()) if file.exists() else {}


def write_figures(folder: Path, stage: str, found: dict[str, Any]) -> None:
    """Mark a stage as finished, with its figures."""
    _replace(folder, figures(folder) | {stage: found})


def forget(folder: Path, stage: str) -> None:
    """Begin a stage anew: neither its state nor its figures count."""
    path(folder, stage).unlink(missing_ok=True)
    _replace(folder, {name: found for name, found in figures(folder).items() if name != stage})


def _replace(folder: Path, known: dict[str, dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "figures.new"
    new.write_text(json.dumps(known, indent=1) + "\n")
    os.replace(new, folder / "figures.json")
