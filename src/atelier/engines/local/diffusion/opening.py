"""A pipeline from a folder of weights: opened once, on the best device here, and shared by every task of a family."""

from __future__ import annotations

import contextlib
import gc
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from atelier.engines.engine import Unfit
from atelier.engines.local.diffusion.placing import Card, Placing, card, name_of
from atelier.engines.local.diffusion.recipe import Recipe, read
from atelier.engines.local.families import Family, Task, families
from atelier.engines.local.placement import PLANS, Memory, Placement, Plan
from atelier.engines.memory import ran_out
from atelier.engines.weights.whole import INDEX, lack

for library in (diffusers, transformers):  # they warn of prompts that are cut, and draw bars
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()


@dataclass(frozen=True, slots=True)
class Opened:
    """A pipeline for one task of a family, with how it wants to be asked."""

    pipe: Any
    recipe: Recipe
    family: Family


class Openings:
    """The weights that are in memory: those of one folder, for whichever family asks."""

    def __init__(self, memory: Memory, of_card: Callable[[], Card | None] = card) -> None:
        self._stamp: tuple[Any, ...] = ()
        self._pipe: Any = None
        self._memory = memory
        self._of_card = of_card
        self._placing: Placing | None = None  # None where pictures are made in the machine's own memory

    def open(self, folder: Path, name: str, task: Task) -> Opened:
        """The pipeline of a family's task; raises `Unfit` with what is missing or damaged, and how it comes back."""
        family = families().get(name)
        if family is None:
            raise Unfit(f"The engine diffusers knows no family {name!r}; there are {', '.join(families())}.")
        if task not in family.pipelines:
            raise Unfit(f"Models of the family {name} cannot do this.")
        stamp = _stamp(folder)
        if stamp != self._stamp:
            self._pipe, self._stamp = None, ()  # the old weights leave before the new ones come
            gc.collect()
            found = self._of_card()
            if found is not None:
                found.empty()
            self._placing = Placing(found, self._memory, name_of(folder)) if found is not None else None
            self._pipe, self._stamp = _open(folder, family, found), stamp
        wanted = getattr(diffusers, family.pipelines[task])
        try:
            pipe = self._pipe if type(self._pipe) is wanted else wanted(**_parts(self._pipe, wanted))
        except TypeError as error:
            raise Unfit(f"{folder.name} lacks a part that the family {name} needs: {error}") from error
        pipe.set_progress_bar_config(disable=True)
        reader = getattr(pipe, "tokenizer_2", None) or getattr(pipe, "tokenizer", None)
        longest = getattr(reader, "model_max_length", family.longest_text)
        return Opened(pipe, read(folder, min(longest, family.longest_text)), family)

    def place(self, size: tuple[int, int], lower: int) -> bool:
        """Place what is open for a picture of (width, height), `lower` plans below the one that fits on paper.

        False: it is placed otherwise already, and must be opened anew; what was open is gone.
        """
        if self._placing is None:
            return True
        placed = self._placing.plan(self._pipe, size, lower)
        before = self._placing.placed
        if before is None:
            with self._noticing(size):
                self._placing.apply(self._pipe, placed)
        elif PLANS.index(placed.plan) > PLANS.index(before.plan):
            self._pipe, self._stamp = None, ()
            return False
        tiles = placed.tiles if before is None or placed.plan is before.plan else before.tiles
        self._placing.placed = replace(before or placed, tiles=tiles)
        _tile(self._pipe, on=tiles)
        return True

    @property
    def placed(self) -> Placement | None:
        """Where the parts are; None where they are in the machine's own memory, or not open."""
        return self._placing.placed if self._placing is not None else None

    @property
    def resident(self) -> bool:
        """Whether all of what is open lies where it computes, in its own precision."""
        placed = self._placing.placed if self._placing is not None else None
        return placed is None or placed.plan is Plan.RESIDENT

    @contextlib.contextmanager
    def measured(self, size: tuple[int, int]) -> Iterator[None]:
        """Remember what a picture takes that is made in the block, or that memory ran out at it."""
        with self._noticing(size):
            yield
        if self._placing is not None:
            self._placing.remember(size)

    @contextlib.contextmanager
    def _noticing(self, size: tuple[int, int]) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self._placing is not None and ran_out(error):
                self._placing.ran_out(size)
            raise


def _tile(pipe: Any, *, on: bool) -> None:
    """Have the autoencoder decode in tiles, or as a whole; one that cannot decodes as a whole."""
    (getattr(pipe.vae, "enable_tiling" if on else "disable_tiling", None) or (lambda: None))()


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


def _parts(pipe: Any, wanted: Any) -> dict[str, Any]:
    """The parts of an open pipeline that another class takes."""
    taken = inspect.signature(wanted.__init__).parameters
    return {name: part for name, part in pipe.components.items() if name in taken}


def _class(folder: Path, family: Family) -> Any:
    """The class that opens a folder: the one that it names, if a family of ours has it, else the family's own."""
    ours = {each for known in families().values() for each in known.pipelines.values()}
    try:
        named = json.loads((folder / INDEX).read_text()).get("_class_name")
    except (OSError, ValueError, AttributeError):
        named = None
    return getattr(diffusers, named if named in ours else next(iter(family.pipelines.values())))


def _open(folder: Path, family: Family, card: Card | None) -> Any:
    if what := lack(folder):
        raise Unfit(what)
    where = card.device if card is not None else device()
    try:
        pipe = _class(folder, family).from_pretrained(
            folder,
            dtype=precision(where),
            local_files_only=True,
            use_safetensors=True,  # no other kind of file, which could carry a program
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise Unfit(f"{folder.name} cannot be opened: {str(error).splitlines()[0][:300]}") from error
    return pipe if card is not None else pipe.to(where)


def _stamp(folder: Path) -> tuple[Any, ...]:
    """What changes when a file in the folder does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return (folder, *((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
