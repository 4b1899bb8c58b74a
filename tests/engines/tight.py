"""An engine for whose pictures a card is too small, in a module that a child reads quickly."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from atelier.engines.engine import Made, Progress, Work


class Tight:
    """Has no room for a second picture until it takes less; never for a picture of a whale."""

    def make(self, work: Work) -> Iterator[Made]:
        out = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(out, "PNG")
        for position in range(work.input["count"]):
            yield Progress(position, 0, 1)
            if (position and not work.lower) or work.input["prompt"] == "a whale":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            yield work.output(position, out.getvalue(), "image/png", {"lower": work.lower})
