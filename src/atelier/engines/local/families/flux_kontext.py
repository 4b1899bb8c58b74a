"""FLUX.1 Kontext of Black Forest Labs: edits by instruction."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import Task
from atelier.engines.local.families.flux import Flux


class FluxKontext(Flux):
    """The same weights' shape as FLUX.1; the picture to change is read beside the one that is painted."""

    id = "flux-kontext"
    pipelines = {Task.EDIT: "FluxKontextPipeline", Task.REPAINT: "FluxKontextInpaintPipeline"}

    def pictures(self, task: Task, seen: list[Any]) -> dict[str, Any]:
        width, height = seen[0].size
        return {"image": seen[0], "max_area": width * height, "_auto_resize": False}  # or it goes up to a megapixel


FAMILY = FluxKontext()
