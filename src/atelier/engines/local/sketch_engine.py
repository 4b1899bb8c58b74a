"""The engine `sketch`: a painter of layered posters from words. No neural model, no download, works anywhere."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from atelier.engines.engine import BadInput, Made, Output, Preview, Progress, Work
from atelier.engines.local.pictures import encode
from atelier.engines.local.sketch import paint
from atelier.tools.image_generate import SIZES, ImageGenerate

PREVIEW = 192  # pixels on the longer side


class SketchEngine:
    """Paints `image.generate`; each picture of a run has a seed of its own, the wish's plus its position."""

    def make(self, work: Work) -> Iterator[Made]:
        if work.tool != ImageGenerate.id:
            raise BadInput(f"The sketch engine cannot do {work.tool}.")
        wish = ImageGenerate.Input.model_validate(work.input)
        width, height = SIZES[wish.aspect_ratio]
        for position in range(wish.count):
            seed = ((wish.seed or 0) + position) % 2**31
            for stage in paint(
                wish.prompt,
                width=width,
                height=height,
                seed=seed,
                negative_prompt=wish.negative_prompt,
                steps=wish.steps,
            ):
                yield Progress(position, stage.step, stage.steps)
                if not stage.done:
                    yield Preview(position, _preview(stage.picture))
                else:
                    data, content_type = encode(stage.picture, wish.format, wish.quality)
                    yield Output(position, data, content_type, {"seed": seed})


def _preview(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW, PREVIEW))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=60, method=0)
    return out.getvalue()
