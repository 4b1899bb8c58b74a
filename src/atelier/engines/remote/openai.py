"""Pictures by OpenAI's image API (platform.openai.com/docs/api-reference/images), or any server that speaks it.

Such servers answer when the picture is finished and know no predictions, so an attempt that died is made anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from atelier.base.outgoing import Bounds, Sent
from atelier.engines.engine import BadInput, Given, Made, Offer, Output, Unavailable, Work
from atelier.engines.remote.answers import Models, Pictures
from atelier.engines.remote.pictures import bill, decode, fetch, per_picture
from atelier.engines.remote.provider import NotThere, Provider
from atelier.media.pool import POOL
from atelier.media.refusals import Refused as Unopened
from atelier.tools.image_generate import SIZES

TOOLS = ("image.generate", "image.edit")
# the list has no word about what a model makes, so its name has to say it
NAMED = ("image", "dall-e", "flux", "diffusion", "sdxl", "poster", "kontext")
PICTURE = Bounds(patience=600, largest=64 << 20)
# OpenAI's own models take these sizes alone and refuse fields that other servers need
OWN = ("gpt-image", "chatgpt-image", "dall-e")
OWN_SIZES = {"3:4": "1024x1536", "9:16": "1024x1536", "1:1": "1024x1024", "4:3": "1536x1024", "16:9": "1536x1024"}


async def _see_through(work: Work, mask: Given) -> Path:
    """The mask as OpenAI's servers take it: see-through where the picture is painted anew."""
    path = work.folder / "mask.png"

    def opened() -> tuple[BinaryIO, BinaryIO]:
        return mask.path.open("rb"), path.open("wb+")

    source, out = await asyncio.to_thread(opened)
    with source, out:
        try:
            await POOL.run(work.job, "open_mask", [source, out])
        except Unopened as error:
            raise BadInput(error.message) from error
    return path


class OpenAIEngine:
    """Makes and edits pictures, one question each."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        if work.tool not in TOOLS:
            raise BadInput(f"{self._provider.name} cannot do {work.tool}.")
        for position in range(int(work.input.get("count", 1))):
            wanted = per_picture(work, position)
            answer = await self._ask(work, wanted)
            tokens = {unit: amount for unit, amount in answer.usage.model_dump().items() if amount}
            yield bill(work.terms, pictures=1, **tokens)
            yield await self._output(work, position, answer, wanted)

    async def greet(self) -> str:
        count = len((await self._provider.ask("GET", "models", of=Models)).data)
        return f"{self._provider.name} answers and lists {count:,} models."

    async def offers(self, named: str = "") -> Sequence[Offer]:
        listed = [each.id for each in (await self._provider.ask("GET", "models", of=Models)).data]
        if named and named not in listed:
            raise NotThere(f"{self._provider.name} does not list a model called {named[:80]}.")
        wanted = [named] if named else [each for each in listed if any(part in each.lower() for part in NAMED)]
        return [Offer(each, each.rpartition("/")[2][:60], tool) for each in wanted for tool in TOOLS]

    async def close(self) -> None:
        return None

    async def _ask(self, work: Work, wanted: Mapping[str, Any]) -> Pictures:
        model = work.terms.provider_model
        words = str(wanted.get("prompt") or wanted["instruction"])
        if wanted.get("negative_prompt"):
            raise BadInput("This model has no input for what to leave out.")
        fields: dict[str, Any] = {"model": model, "prompt": words, "n": 1}
        shape = wanted.get("aspect_ratio")
        if model.startswith(OWN):
            if model.startswith("dall-e"):
                fields["response_format"] = "b64_json"
            else:
                fields["output_format"] = wanted["format"]
            if shape:
                fields["size"] = OWN_SIZES[shape]
        else:
            fields["response_format"] = "b64_json"
            if shape:
                fields["size"] = "{}x{}".format(*SIZES[shape])
            if wanted.get("seed") is not None:
                fields["seed"] = wanted["seed"]
        if work.tool == "image.generate":
            return await self._provider.ask("POST", "images/generations", of=Pictures, body=fields, bounds=PICTURE)
        shown = [*work.files["image"], *work.files.get("references", ())]
        pictures = [Sent(f"picture-{n}", each.path, each.content_type) for n, each in enumerate(shown)]
        form = {name: str(value) for name, value in fields.items()}
        files = {"image" if len(pictures) == 1 else "image[]": pictures}
        if masks := work.files.get("mask"):
            files["mask"] = [Sent("mask", await _see_through(work, masks[0]), "image/png")]
        return await self._provider.ask("POST", "images/edits", of=Pictures, form=form, files=files, bounds=PICTURE)

    async def _output(self, work: Work, position: int, answer: Pictures, wanted: Mapping[str, Any]) -> Output:
        made, settings = answer.data[0], {"seed": wanted.get("seed")}
        if made.b64_json:
            return await decode(self._provider, work, position, made.b64_json, settings)
        if made.url:
            return await fetch(self._provider, work, position, made.url, settings)
        raise Unavailable(f"{self._provider.name} answered without a picture.")
