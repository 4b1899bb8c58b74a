"""FLUX.2 of Black Forest Labs: words and up to several pictures in one model."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import Family, Task


class Flux2(Family):
    """One pipeline for words and for edits; it was taught its guidance as a number and knows no negative prompt."""

    id = "flux2"
    pipelines = {Task.WORDS: "Flux2Pipeline", Task.EDIT: "Flux2Pipeline"}
    references = 4

    def guidance(self, pipe: Any, wanted: float, negative: str) -> dict[str, Any]:
        return {"guidance_scale": wanted}

    def pictures(self, task: Task, seen: list[Any]) -> dict[str, Any]:
        return {"image": seen}


FAMILY = Flux2()
