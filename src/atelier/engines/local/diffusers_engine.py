"""The engine `diffusers`: neural models of the families in `families/`, from a folder on this machine."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from atelier.engines.engine import BadInput, Given, Made, Output, Preview, Progress, Unfit, Work
from atelier.engines.local.families import Task
from atelier.engines.local.pictures import encode
from atelier.engines.local.placement import MEMORY, Memory
from atelier.tools.image_edit import Extend, ImageEdit
from atelier.tools.image_generate import ImageGenerate
from atelier.tools.model_train import ModelTrain
from atelier.tools.seeds import seed_of

if TYPE_CHECKING:
    from atelier.engines.local.diffusion.opening import Opened, Openings

PREVIEW = 384  # pixels on the longer side of the last look
YIELD = 5  # how far pages and everything else come first


class DiffusersEngine:
    """Makes `image.generate`, `image.edit` and `model.train`.

    Each picture of a run has its own seed, the request's plus its place.
    """

    def __init__(self) -> None:
        os.nice(YIELD)
        self._openings: Openings | None = None

    def make(self, work: Work) -> Iterator[Made]:
        wanted: Any
        if work.tool == ModelTrain.id:
            yield from self._train(work)
            return
        if work.tool == ImageGenerate.id:
            wanted = ImageGenerate.Input.model_validate(work.input)
        elif work.tool == ImageEdit.id:
            wanted = ImageEdit.Input.model_validate(work.input)
        else:
            raise BadInput(f"The engine diffusers cannot do {work.tool}.")
        yield Progress(
            0, 0, wanted.steps
        )  # something to show while libraries and weights are read, which takes seconds
        from atelier.engines.local.diffusion.adapters import with_trigger, worn
        from atelier.engines.local.diffusion.asking import draw
        from atelier.engines.local.diffusion.opening import Openings

        self._openings = self._openings or Openings(Memory(_remembered()))
        task, weights = _task(wanted), Path(work.terms.weights)
        opened = self._openings.open(weights, work.terms.family, task)
        asked, size = _asked(opened, task, wanted, work.files)
        if not self._openings.place(size, work.lower):
            del opened
            opened = self._openings.open(weights, work.terms.family, task)
            self._openings.place(size, work.lower)
        adapter = next((given.path for given in work.files.get("adapter", ())), None)
        with worn(opened.pipe, adapter, wanted.lora_scale) as trigger:
            asked["prompt"] = with_trigger(asked["prompt"], trigger)
            for position in range(wanted.count):
                seed = seed_of(wanted.seed, position)
                picture: Image.Image | None = None
                with self._openings.measured(size):
                    for made in draw(opened, position, asked, size, wanted.steps, seed):
                        if isinstance(made, Image.Image):
                            picture = made
                        else:
                            yield made
                assert picture is not None
                yield Preview(position, _small(picture))
                data, content_type = encode(picture, wanted.format, wanted.quality)
                yield work.output(position, data, content_type, {"seed": seed})

    def report(self) -> dict[str, Any]:
        """What is in the GPU's memory, in bytes, and by which plan."""
        placed = self._openings.placed if self._openings is not None else None
        if placed is None:
            return {}
        import torch

        return {"plan": str(placed.plan), "gpu": torch.cuda.memory_reserved() if torch.cuda.is_available() else 0}

    def _train(self, work: Work) -> Iterator[Made]:
        wanted = ModelTrain.Input.model_validate(work.input)
        yield Progress(0, 0, wanted.steps or 1)
        from atelier.engines.local.diffusion.opening import Openings
        from atelier.engines.local.diffusion.training import train

        self._openings = self._openings or Openings(Memory(_remembered()))
        opened = self._openings.open(Path(work.terms.weights), work.terms.family, Task.WORDS)
        if not self._openings.place(opened.recipe.size(1, 1), work.lower) or not self._openings.resident:
            raise Unfit("This model cannot be trained on this card: all of it must fit into the card's memory.")
        photos = [_picture(work.files, "photos", at) for at in range(len(wanted.photos))]
        target = work.folder / "adapter"
        yield from train(opened, photos, wanted, target, base=work.terms.family)
        yield Output(0, target, "application/vnd.safetensors", {})


def _remembered() -> Path | None:
    """Where it is kept what pictures took on this host's GPUs; None where the worker names no place."""
    return Path(os.environ[MEMORY]) if os.environ.get(MEMORY) else None


def _task(wanted: Any) -> Task:
    """What the pipeline has to do for an input."""
    if isinstance(wanted, ImageEdit.Input):
        return Task.REPAINT if wanted.mask or wanted.extend else Task.EDIT
    return Task.REDRAW if wanted.image else Task.WORDS


def _asked(
    opened: Opened, task: Task, wanted: Any, files: Mapping[str, Sequence[Given]]
) -> tuple[dict[str, Any], tuple[int, int]]:
    """What the pipeline is asked, and the picture's (width, height)."""
    family = opened.family
    asked: dict[str, Any] = {"prompt": wanted.instruction if isinstance(wanted, ImageEdit.Input) else wanted.prompt}
    asked |= family.guidance(opened.pipe, wanted.guidance, getattr(wanted, "negative_prompt", ""))
    if task is Task.WORDS:
        across, down = (int(part) for part in wanted.aspect_ratio.split(":"))
        return asked, opened.recipe.size(across, down)
    begun = _picture(files, "image")
    mask = None
    if task is Task.REPAINT:
        begun, mask = canvas(begun, _mask(files, begun.size) if wanted.mask else None, wanted.extend)
    size = opened.recipe.size(*begun.size, trained=task is Task.EDIT)
    fitted = ImageOps.fit(begun, size, Image.Resampling.LANCZOS)
    further = [_picture(files, "references", at) for at in range(len(files.get("references", ())))]
    asked |= {"image": fitted} if task is Task.REDRAW else family.pictures(task, [fitted, *further])
    if mask is not None:
        asked["mask_image"] = ImageOps.fit(mask, size, Image.Resampling.NEAREST)
    if task in (Task.REDRAW, Task.REPAINT):
        asked["strength"] = wanted.strength
    return asked, size


def canvas(picture: Image.Image, mask: Image.Image | None, extend: Extend | None) -> tuple[Image.Image, Image.Image]:
    """A picture with the borders that it is extended by, and its mask: white where it is painted anew.

    The new border begins as the picture's own edge, so that what is painted there has something to go on from.
    """
    mask = mask or Image.new("L", picture.size, 0)
    if extend is None:
        return picture, mask
    left, top, right, bottom = extend.left, extend.top, extend.right, extend.bottom
    width, height = picture.width + left + right, picture.height + top + bottom
    inside = np.asarray(picture)
    wide = Image.fromarray(np.pad(inside, ((top, bottom), (left, right), (0, 0)), mode="edge"))
    new = Image.new("L", (width, height), 255)
    new.paste(mask, (left, top))
    return wide, new


def _mask(files: Mapping[str, Sequence[Given]], size: tuple[int, int]) -> Image.Image:
    """The mask in black and white; raises `BadInput` if it is not of the picture's size."""
    mask = _picture(files, "mask").convert("L")
    if mask.size != size:
        has, wants = (f"{width} × {height}" for width, height in (mask.size, size))
        raise BadInput(f"The mask is {has} pixels and the picture {wants}: they must be of one size.")
    return mask.point(lambda level: 255 if level >= 128 else 0)


def _picture(files: Mapping[str, Sequence[Given]], field: str = "image", at: int = 0) -> Image.Image:
    """A picture as a member sees it: what is see-through lies on white, whatever colours are hidden there."""
    try:
        picture = Image.open(files[field][at].path, formats=("PNG", "JPEG", "WEBP"))
        if not picture.has_transparency_data:
            return picture.convert("RGB")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    except (KeyError, IndexError, OSError, SyntaxError, ValueError) as error:
        raise BadInput("The picture to edit cannot be read.") from error


def _small(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((PREVIEW, PREVIEW))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=0)
    return out.getvalue()
