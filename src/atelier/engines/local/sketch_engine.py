"""The engine `sketch`: a painter of layered posters from words. No neural model, no download, works anywhere."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from atelier.engines.engine import BadInput, Made, Preview, Progress, Work
from atelier.engines.local.pictures import encode
from atelier.tools.image_generate import SIZES, ImageGenerate
from atelier.tools.seeds import seed_of
from painter import paint

PREVIEW = 192  # pixels on the longer side


class SketchEngine:
    """Paints `image.generate`; each picture of a run has a seed of its own, the request's plus its position."""

    def make(self, work: Work) -> Iterator[Made]:
        if work.tool != ImageGenerate.id:
            raise BadInput(f"The sketch engine cannot do {work.tool}.")
        asked = ImageGenerate.Input.model_validate(work.input)
        width, height = SIZES[asked.aspect_ratio]
        for position in range(asked.count):
            seed = seed_of(asked.seed, position)
            for stage in paint(
                asked.prompt,
                width=width,
                height=height,
                seed=seed,
                negative_prompt=asked.negative_prompt,
                steps=asked.steps,
            ):
                yield Progress(position, stage.step, stage.steps)
                if not stage.done:
                    yield Preview(position, _preview(stage.picture))
                else:
                    data, content_type = encode(stage.picture, asked.format, asked.quality)
                    yield work.output(position, data, content_type, {"seed": seed})


def _preview(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW, PREVIEW))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=60, method=0)
    return out.getvalue()
