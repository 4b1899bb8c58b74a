"""A pipeline from a folder of weights: opened once, on the best device here, and shared by both families."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import FluxKontextPipeline, FluxPipeline

from atelier.engines.engine import Unfit
from atelier.engines.local.diffusion.recipe import LONGEST_TEXT, Recipe, read
from atelier.engines.weights.whole import lack

FAMILIES = {"flux": FluxPipeline, "flux-kontext": FluxKontextPipeline}

for library in (diffusers, transformers):  # they warn of prompts that are cut, and draw bars
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()


@dataclass(frozen=True, slots=True)
class Opened:
    """A pipeline of one family with how it wants to be asked; `guided` models take guidance as a number."""

    pipe: Any
    recipe: Recipe
    guided: bool


class Openings:
    """The weights that are in memory: those of one folder, for whichever family asks."""

    def __init__(self) -> None:
        self._stamp: tuple[Any, ...] = ()
        self._pipe: Any = None

    def open(self, folder: Path, family: str) -> Opened:
        """The pipeline of a family; raises `Unfit` with what is missing or damaged, and how it comes back."""
        if family not in FAMILIES:
            raise Unfit(f"The engine diffusers knows no family {family!r}; there are {', '.join(FAMILIES)}.")
        stamp = _stamp(folder)
        if stamp != self._stamp:
            self._pipe, self._stamp = None, ()  # the old weights leave before the new ones come
            self._pipe, self._stamp = _open(folder), stamp
        pipe = self._pipe if family == "flux" else FluxKontextPipeline(**self._pipe.components)
        pipe.set_progress_bar_config(disable=True)
        guided = bool(pipe.transformer.config.guidance_embeds)
        longest = getattr(pipe.tokenizer_2, "model_max_length", LONGEST_TEXT)
        return Opened(pipe, read(folder, min(longest, LONGEST_TEXT)), guided)


def device() -> Any:
    """Where pictures are made: an NVIDIA or Apple GPU if there is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def precision(where: Any) -> Any:
    """What a device computes in: bf16 where it has instructions for it, which are several times as fast."""
    if where.type == "cpu":
        able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older ones cannot tell
        return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
    return torch.bfloat16 if where.type == "cuda" else torch.float32


def _open(folder: Path) -> Any:
    if what := lack(folder):
        raise Unfit(what)
    where = device()
    try:
        pipe = FluxPipeline.from_pretrained(
            folder,
            dtype=precision(where),
            local_files_only=True,
            use_safetensors=True,  # no other kind of file, which could carry a program
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise Unfit(f"{folder.name} cannot be opened: {str(error).splitlines()[0][:300]}") from error
    return pipe.to(where)


def _stamp(folder: Path) -> tuple[Any, ...]:
    """What changes when a file in the folder does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return (folder, *((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
