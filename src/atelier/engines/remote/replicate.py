"""Predictions at Replicate (replicate.com/docs/reference/http), or at a server that speaks its protocol.

Each picture is a prediction of its own, so that it has its own seed and comes as soon as it is finished. The ids of all
predictions are the job's reference: a later attempt waits for them and starts nothing twice.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from atelier.base.log import get_log
from atelier.base.outgoing import Sent
from atelier.engines.engine import BadInput, EngineError, Given, Made, Offer, Started, Unavailable, Unfit, Work
from atelier.engines.remote.answers import (
    Account,
    Collection,
    File,
    ModelAtReplicate,
    Prediction,
    Predictions,
    Secret,
    Version,
)
from atelier.engines.remote.fields import NoInput, Property, fit, inputs_of, tools_of
from atelier.engines.remote.pictures import bill, fetch, first_file, per_picture, step_in
from atelier.engines.remote.provider import NotThere, Provider, refusal

INLINE = 256_000  # bytes up to which a file goes with the input itself
LASTS = 600.0  # seconds for which the inputs of a model are known; a new version may have others
ENDED = frozenset({"succeeded", "failed", "canceled", "aborted"})
COLLECTIONS = ("text-to-image", "image-editing")  # Replicate's own lists of models
TOOLS = frozenset({"image.generate", "image.edit"})


class ReplicateEngine:
    """Makes pictures by any model that has an input for words, as its own schema names it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._inputs: dict[str, tuple[Mapping[str, Property], float]] = {}  # and when they were read

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        if work.tool not in TOOLS:
            raise BadInput(f"{self._provider.name} cannot do {work.tool}.")
        ids: dict[int, str] = {int(position): id for position, id in json.loads(work.resume or "{}").items()}
        count = int(work.input.get("count", 1))
        if work.resume is None:
            yield Started("{}")  # from here on a later attempt looks for predictions whose ids it was not told
        elif len(ids) < count:
            ids |= await self._forgotten(work, ids, count)
        if len(ids) < count:
            files = {field: [await self._upload(each) for each in given] for field, given in work.files.items()}
        for position in range(count):
            if position not in ids:
                ids[position] = await self._start(work, position, files)
            yield Started(json.dumps(ids))
        waiting, failure = dict(ids), None
        with self._provider.webhooks.waiting(self._provider.name, ids.values()) as called:
            looks = self._provider.waits(called)
            while waiting:
                await anext(looks)
                for position, id in list(waiting.items()):
                    try:
                        found = await self._provider.insist("GET", f"predictions/{id}", of=Prediction)
                    except Unavailable as error:  # it is paid for: only the job's own deadline ends the wait
                        get_log().info("provider:no_answer", engine=self._provider.name, reason=error.message)
                        continue
                    if (step := step_in(found.logs, position)) is not None:
                        yield step
                    if found.status in ENDED:
                        del waiting[position]
                        try:
                            async for made in self._ended(work, position, found):
                                yield made
                        except EngineError as error:  # the other pictures are paid for as well, so they are waited for
                            failure = failure or error
        if failure is not None:
            raise failure

    async def greet(self) -> str:
        found = await self._provider.ask("GET", "account", of=Account)
        return f"The key belongs to {found.name or found.username} at Replicate."

    async def webhook_secret(self) -> str:
        return (await self._provider.ask("GET", "webhooks/default/secret", of=Secret)).key

    async def offers(self, named: str = "") -> Sequence[Offer]:
        if named:
            model = named.partition(":")[0]
            return _offers(await self._provider.ask("GET", f"models/{model}", of=ModelAtReplicate), named)
        found: dict[str, Offer] = {}
        for collection in COLLECTIONS:
            try:
                listed = (await self._provider.ask("GET", f"collections/{collection}", of=Collection)).models
            except NotThere:
                continue
            found |= {f"{each.tool} {each.provider_model}": each for model in listed for each in _offers(model)}
        return list(found.values())

    async def abandon(self, reference: str) -> None:
        """Stop the predictions of a job that has ended; those that are over stay as they are."""
        for id in json.loads(reference).values():
            try:
                await self._provider.ask("POST", f"predictions/{id}/cancel", of=Prediction)
            except NotThere:
                continue

    async def close(self) -> None:
        return None

    async def _ended(self, work: Work, position: int, found: Prediction) -> AsyncGenerator[Made, None]:
        name = self._provider.name
        succeeded = found.status == "succeeded"
        yield bill(work.terms, pictures=int(succeeded), seconds=found.metrics.predict_time)
        if found.status == "failed":
            raise refusal(name, found.reason)
        if not succeeded:
            raise Unfit(f"The run was stopped at {name}.")
        url = first_file(found.output)
        if url is None and found.data_removed:
            raise NotThere(f"{name} has deleted what it made.")
        if url is None:
            raise Unfit(
                f"{name} ended without a picture. The studio's operator has to look whether this model makes any."
            )
        settings = {"seed": per_picture(work, position).get("seed"), "prediction": found.id}
        yield await fetch(self._provider, work, position, url, settings)

    async def _start(self, work: Work, position: int, files: Mapping[str, list[str]]) -> str:
        model, _, version = work.terms.provider_model.partition(":")
        body: dict[str, Any] = {"input": await self._input(work, position, files)}
        if (webhook := self._provider.webhook) is not None:
            body |= {"webhook": webhook, "webhook_events_filter": ["completed"]}
        if version:
            body["version"] = version
        path = "predictions" if version else f"models/{model}/predictions"
        created = await self._provider.ask("POST", path, of=Prediction, body=body)
        if not created.id:
            raise Unavailable(f"{self._provider.name} started a prediction and did not name it.")
        return created.id

    async def _input(self, work: Work, position: int, files: Mapping[str, list[str]]) -> dict[str, Any]:
        try:
            return fit(work.tool, per_picture(work, position), files, await self._schema(work.terms.provider_model))
        except NoInput as missing:
            raise BadInput(f"This model has no input for {missing.field.replace('_', ' ')}.") from None

    async def _schema(self, named: str) -> Mapping[str, Property]:
        inputs, read_at = self._inputs.get(named, ({}, 0.0))
        if not inputs or time.monotonic() - read_at > LASTS:
            if not (inputs := inputs_of(await self._document(named))):
                raise Unfit(f"{self._provider.name} does not say which inputs {named} has.")
            self._inputs[named] = inputs, time.monotonic()
        return inputs

    async def _document(self, named: str) -> Any:
        """The OpenAPI document of a model's newest version, or of the one that is named."""
        model, _, version = named.partition(":")
        if version:
            path = f"models/{model}/versions/{version}"
            return (await self._provider.insist("GET", path, of=Version)).openapi_schema
        latest = (await self._provider.insist("GET", f"models/{model}", of=ModelAtReplicate)).latest_version
        return latest.openapi_schema if latest is not None else None

    async def _upload(self, given: Given) -> str:
        """The address of a member's file for the provider: small ones go with the input, others are sent before it."""
        data = await asyncio.to_thread(given.path.read_bytes)
        if len(data) <= INLINE:
            return f"data:{given.content_type};base64,{base64.b64encode(data).decode()}"
        sent = {"content": [Sent(given.path.name, given.path, given.content_type)]}
        return (await self._provider.ask("POST", "files", of=File, files=sent)).urls.get

    async def _forgotten(self, work: Work, known: Mapping[int, str], count: int) -> dict[int, str]:
        """Predictions that an earlier attempt started and did not live to tell, found by their input.

        A job's seed tells its predictions from others; a model without a seed takes another chance.
        """
        if work.input.get("seed") is None:
            return {}
        listed = (await self._provider.insist("GET", "predictions", of=Predictions)).results
        begun = datetime.fromtimestamp((work.job.int >> 80) / 1000, UTC)  # a UUIDv7 begins with its time
        recent = [each for each in listed if _at(each) >= begun and each.id not in known.values()]
        found = {}
        for position in set(range(count)) - known.keys():
            wanted = await self._input(work, position, {})
            for each in recent:
                if "seed" in wanted and all(each.input.get(name) == value for name, value in wanted.items()):
                    found[position] = each.id
        return found


def _offers(model: ModelAtReplicate, named: str = "") -> list[Offer]:
    document = model.latest_version.openapi_schema if model.latest_version is not None else None
    name, title = f"{model.owner}/{model.name}", model.name.replace("-", " ").capitalize()[:60]
    summary = " ".join(model.description.split())[:300]
    return [Offer(named or name, title, tool, summary, model.license_url) for tool in tools_of(document)]


def _at(prediction: Prediction) -> datetime:
    """When it was created; long ago where it does not say so."""
    try:
        found = datetime.fromisoformat(prediction.created_at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
