"""Predictions of a Cog container (cog.run/http), by its idempotent `PUT /predictions/{id}`.

A container answers when the prediction has ended, and keeps no result to ask for later. A newer one stops a prediction
whose caller went away; an older one lets it run. The id is made from the job, so an attempt after a death starts no
second prediction beside one that still runs: it waits for its end, and then has the picture made.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from atelier.base.outgoing import Bounds
from atelier.engines.engine import BadInput, Given, Made, Offer, Started, Unavailable, Unfit, Work
from atelier.engines.remote.answers import Health, Prediction
from atelier.engines.remote.fields import NAMES, NoInput, Property, fit, inputs_of, tools_of
from atelier.engines.remote.pictures import bill, fetch, first_file, per_picture, step_in
from atelier.engines.remote.provider import TRIES, Faulty, Limited, NotThere, Provider, pause_after, refusal

PREDICTION = Bounds(patience=3600, largest=64 << 20)
ASKED_AGAIN = 2.0  # seconds after which a container that is full or still starts is asked again
RUNNING = frozenset({"starting", "processing"})
PREFACE = "Prediction failed: "  # of a container's errors, once or twice


class CogEngine:
    """Makes pictures one after another, as a container has one place for a prediction by default."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        if work.tool not in ("image.generate", "image.edit"):
            raise BadInput(f"{self._provider.name} cannot do {work.tool}.")
        yield Started(work.job.hex)
        await self._ready()
        properties = await self._inputs()
        files = {
            field: [await asyncio.to_thread(_inline, each) for each in given] for field, given in work.files.items()
        }
        for position in range(int(work.input.get("count", 1))):
            wanted = per_picture(work, position)
            try:
                body = {"input": fit(work.tool, wanted, files, properties)}
            except NoInput as missing:
                raise BadInput(f"This model has no input for {missing.field.replace('_', ' ')}.") from None
            found = await self._predict(f"{work.job.hex}-{position}", body)
            if (step := step_in(found.logs, position)) is not None:
                yield step
            succeeded = found.status == "succeeded"
            yield bill(work.terms, pictures=int(succeeded), seconds=found.metrics.predict_time)
            if found.status == "canceled":
                raise Unfit(f"The run was stopped at {self._provider.name}.")
            if not succeeded:
                raise refusal(self._provider.name, found.reason.replace(PREFACE, ""))
            url = first_file(found.output)
            if url is None:
                raise Unfit(f"{self._provider.name} ended without a picture: this model makes none.")
            yield await fetch(self._provider, work, position, url, {"seed": wanted.get("seed")})

    async def greet(self) -> str:
        found = await self._provider.ask("GET", "health-check", of=Health)
        return f"The container answers; it says that it is {found.status.lower().replace('_', ' ')}."

    async def offers(self, named: str = "") -> Sequence[Offer]:
        document = await self._provider.ask("GET", "openapi.json", of=dict[str, Any])
        info = document.get("info")
        title = str((info.get("title") if isinstance(info, dict) else None) or self._provider.name)[:60]
        return [Offer(named or self._provider.name, title, tool) for tool in tools_of(document)]

    async def abandon(self, reference: str) -> None:
        """Stop a job's prediction; which of its pictures is being made is not known, so each is asked to stop."""
        for position in range(8):
            try:
                await self._provider.ask("POST", f"predictions/{reference}-{position}/cancel", of=dict[str, Any])
            except Unfit:  # this one does not run
                continue

    async def close(self) -> None:
        return None

    async def _predict(self, id: str, body: Mapping[str, Any]) -> Prediction:
        """What became of a prediction. Asking is repeated freely: the container makes one of an id at a time."""
        faults = 0
        while True:  # the job's own deadline ends it
            try:
                found = await self._provider.ask(
                    "PUT", f"predictions/{id}", of=Prediction, body=body, bounds=PREDICTION
                )
            except Faulty as fault:
                faults += 1
                if faults == TRIES:
                    raise
                await asyncio.sleep(pause_after(fault, faults - 1))
            except Limited as full:  # every place is taken by other predictions
                await asyncio.sleep(full.pause or ASKED_AGAIN)
            else:
                if found.status not in RUNNING:
                    return found
                await asyncio.sleep(ASKED_AGAIN)  # an earlier attempt's still runs

    async def _ready(self) -> None:
        """Wait while the container reads its weights; raises `Unfit` where it cannot work at all."""
        while True:
            match (await self._provider.insist("GET", "health-check", of=Health)).status:
                case "READY" | "BUSY":
                    return
                case "STARTING":
                    await asyncio.sleep(ASKED_AGAIN)
                case "SETUP_FAILED" | "DEFUNCT":
                    raise Unfit(
                        f"{self._provider.name} could not start its model. Whoever runs it has to read its log."
                    )
                case status:
                    raise Unavailable(f"{self._provider.name} says that it is {status.lower() or 'nothing'}.")

    async def _inputs(self) -> Mapping[str, Property]:
        """The model's inputs; a container that was started without a schema takes any, so each has its usual name."""
        try:
            found = inputs_of(await self._provider.ask("GET", "openapi.json", of=dict[str, Any]))
        except (Faulty, NotThere):  # how containers say that they have none
            found = {}
        return found or {names[0]: Property() for names in NAMES.values()}


def _inline(given: Given) -> str:
    return f"data:{given.content_type};base64,{base64.b64encode(given.path.read_bytes()).decode()}"
