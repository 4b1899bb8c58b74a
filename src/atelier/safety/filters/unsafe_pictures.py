"""Pictures that are not safe for work, by open_nsfw: how likely a picture shows nudity."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from atelier.media.pool import POOL
from atelier.safety.filter import Action, Place

NAME = "unsafe-pictures"  # its manifest's name
MODEL = "open-nsfw.onnx"


class UnsafePictures:
    """Judges each picture by a small network that runs here, in the process that opens files."""

    id = NAME
    title = "Pictures that are not safe for work"
    actions: tuple[Action, ...] = (Action.OFF, Action.BLUR, Action.REFUSE)

    def lack(self, place: Place) -> str | None:
        if (place.weights / NAME / MODEL).is_file():
            return None
        return f"Its weights are not here. `atelier models fetch {NAME}` brings them."

    async def score(self, place: Place, owner: UUID, file: Path) -> float:
        with ExitStack() as stack:
            picture, model = [
                stack.enter_context(await asyncio.to_thread(path.open, "rb"))
                for path in (file, place.weights / NAME / MODEL)
            ]
            found = await POOL.run(owner, "judge_picture", [picture, model])
        return float(found["score"])


FILTER = UnsafePictures()
