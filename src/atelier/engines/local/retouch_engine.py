"""The engine `retouch`: has a picture changed by a child process with little memory, which opens and writes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import BinaryIO

from atelier.engines.engine import BadInput, Made, Output, Progress, Work
from atelier.media.pool import POOL
from atelier.media.refusals import Refused as Unopened
from atelier.tools.image_retouch import ImageRetouch


class RetouchEngine:
    """Makes `image.retouch`; the same picture and operations give the same result."""

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        if work.tool != ImageRetouch.id:
            raise BadInput(f"The retouch engine cannot do {work.tool}.")
        asked = ImageRetouch.Input.model_validate(work.input)
        yield Progress(0, 0, 1)
        path = work.folder / "output-0"
        given = {
            "operations": [each.model_dump() for each in asked.operations],
            "format": asked.format,
            "quality": asked.quality,
        }

        def opened(stack: ExitStack) -> list[BinaryIO]:
            named = [work.files["image"][0].path, *(mask.path for mask in work.files.get("mask", ()))]
            source, *masks = [stack.enter_context(each.open("rb")) for each in named]
            return [source, stack.enter_context(path.open("wb+")), *masks]

        with ExitStack() as stack:
            files = await asyncio.to_thread(opened, stack)
            try:
                facts = await POOL.run(work.job, "retouch_picture", files, given)
            except Unopened as error:
                raise BadInput(error.message) from error
        yield Progress(0, 1, 1)
        yield Output(0, path, facts["content_type"])

    async def close(self) -> None:
        return None
