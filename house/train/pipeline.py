"""Folders that FluxPipeline and FluxKontextPipeline open as they are."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import FlowMatchEulerDiscreteScheduler, FluxImg2ImgPipeline, FluxKontextPipeline, FluxPipeline

from house.train.device import half_is_fast
from house.train.recipe import Recipe

SHARD = "14MB"  # each weight file stays below 15 MiB
SUMS = "SHA256SUMS"

for library in (diffusers, transformers):  # their warnings are of lengths and progress, which are meant
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()


def save(folder: Path, recipe: Recipe, transformer: Any, writer: Any, vae: Any) -> None:
    """Write the pipeline in half precision, in shards, with its recipe and checksums, in place of an older one."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for tokenizer in (writer.one, writer.two):  # which remember how they were last asked to cut and to fill
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=recipe.shift),
        vae=_half(vae),
        text_encoder=_half(writer.clip),
        tokenizer=writer.one,
        text_encoder_2=_half(writer.t5),
        tokenizer_2=writer.two,
        transformer=_half(transformer),
    )
    pipe.save_pretrained(new, max_shard_size=SHARD)
    for config in new.rglob("*.json"):
        _forget_where(config)
    for name in ("text_encoder", "text_encoder_2"):
        _load_as_floats(new / name / "config.json")
    recipe.save(new)
    (new / SUMS).write_text(checksums(new))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)


def renew_vae(folder: Path, vae: Any) -> None:
    """Put another autoencoder into a pipeline's folder; one half written is not what its sum says."""
    _half(vae).save_pretrained(folder / "vae")
    _forget_where(folder / "vae" / "config.json")
    (folder / SUMS).write_text(checksums(folder))


def _forget_where(config: Path) -> None:
    """No path of the machine where a part was opened."""
    values = json.loads(config.read_text())
    if values.pop("_name_or_path", None) is not None:
        config.write_text(json.dumps(values, indent=2) + "\n")


def _load_as_floats(config: Path) -> None:
    """Unless told otherwise transformers keeps a file's precision and diffusers does not; they must agree."""
    values = json.loads(config.read_text()) | {"dtype": "float32"}
    config.write_text(json.dumps(values, indent=2) + "\n")


def _half(module: Any) -> Any:
    return copy.deepcopy(module).cpu().half()


def checksums(folder: Path) -> str:
    """A line for each file, as `sha256sum` writes them."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != SUMS)
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder)}\n" for file in files)


def damaged(folder: Path) -> list[str]:
    """The files that are missing or are not what the checksums say."""
    wrong = []
    for line in (folder / SUMS).read_text().splitlines():
        digest, name = line.split("  ", 1)
        file = folder / name
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    return wrong


def megabytes(folder: Path) -> float:
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 1)


def open_text(folder: Path, device: torch.device) -> Any:
    """Text to image."""
    return _opened(FluxPipeline, folder, device)


def open_edit(folder: Path, device: torch.device) -> Any:
    """Edits of a reference picture."""
    return _opened(FluxKontextPipeline, folder, device)


def open_again(folder: Path, device: torch.device) -> Any:
    """From a picture that is mixed with noise."""
    return _opened(FluxImg2ImgPipeline, folder, device)


def _opened(family: Any, folder: Path, device: torch.device) -> Any:
    if not (folder / "model_index.json").exists():
        raise SystemExit(f"{folder} is no trained model; house/README.md says how to train one.")
    dtype = torch.bfloat16 if half_is_fast(device) else torch.float32
    pipe = family.from_pretrained(folder, dtype=dtype).to(device)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def recipe_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "recipe.json").read_text())
    return values
