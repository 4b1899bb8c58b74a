"""The engine `diffusers`: neural models of the FLUX family from a folder on this machine."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from atelier.engines.engine import BadInput, Given, Made, Preview, Progress, Work
from atelier.engines.local.pictures import encode
from atelier.tools.image_edit import ImageEdit
from atelier.tools.image_generate import ImageGenerate
from atelier.tools.seeds import seed_of

if TYPE_CHECKING:
    from atelier.engines.local.diffusion.opening import Opened, Openings

PREVIEW = 384  # pixels on the longer side of the last look
YIELD = 5  # how far pages and everything else come first
NEGATIVE = 2.0  # the guidance with which a negative prompt begins to work, where less was asked for


class DiffusersEngine:
    """Makes `image.generate` and `image.edit`; each picture of a run has its own seed, the request's plus its place."""

    def __init__(self) -> None:
        os.nice(YIELD)
        self._openings: Openings | None = None

    def make(self, work: Work) -> Iterator[Made]:
        wanted: Any
        if work.tool == ImageGenerate.id:
            wanted = ImageGenerate.Input.model_validate(work.input)
        elif work.tool == ImageEdit.id:
            wanted = ImageEdit.Input.model_validate(work.input)
        else:
            raise BadInput(f"The engine diffusers cannot do {work.tool}.")
        yield Progress(
            0, 0, wanted.steps
        )  # something to show while libraries and weights are read, which takes seconds
        from atelier.engines.local.diffusion.asking import draw
        from atelier.engines.local.diffusion.opening import Openings

        self._openings = self._openings or Openings()
        for position in range(wanted.count):
            opened = self._openings.open(Path(work.terms.weights), work.terms.family)
            asked, size = _asked(opened, wanted, work.files)
            seed = seed_of(wanted.seed, position)
            for made in draw(opened, position, asked, size, wanted.steps, seed):
                if not isinstance(made, Image.Image):
                    yield made
                    continue
                yield Preview(position, _small(made))
                data, content_type = encode(made, wanted.format, wanted.quality)
                yield work.output(position, data, content_type, {"seed": seed})


def _asked(opened: Opened, wanted: Any, files: Mapping[str, Sequence[Given]]) -> tuple[dict[str, Any], tuple[int, int]]:
    """What the pipeline is asked, and the picture's (width, height)."""
    if isinstance(wanted, ImageEdit.Input):
        reference = _picture(files)
        size = opened.recipe.size(*reference.size, trained=True)
        asked: dict[str, Any] = {
            "prompt": wanted.instruction,
            "image": ImageOps.fit(reference, size, Image.Resampling.LANCZOS),
            "max_area": size[0] * size[1],
            "_auto_resize": False,  # or it goes up to a megapixel
        }
    else:
        across, down = (int(part) for part in wanted.aspect_ratio.split(":"))
        size = opened.recipe.size(across, down)
        asked = {"prompt": wanted.prompt}
    negative = getattr(wanted, "negative_prompt", "")
    if opened.guided:  # taught its guidance as a number; reads the prompt once
        asked["guidance_scale"] = wanted.guidance
    scale = max(wanted.guidance, NEGATIVE) if negative else 1.0 if opened.guided else wanted.guidance
    if scale > 1:  # reads twice, with the words and without them, and goes further from the second to the first
        asked |= {"negative_prompt": negative, "true_cfg_scale": scale}
    return asked, size


def _picture(files: Mapping[str, Sequence[Given]]) -> Image.Image:
    """The picture to edit as a member sees it: what is see-through lies on white, whatever colours are hidden there."""
    try:
        picture = Image.open(files["image"][0].path, formats=("PNG", "JPEG", "WEBP"))
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
