"""Wakes engines that wait for work at a provider, once the provider has called the studio."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from atelier.base.log import get_log
from atelier.base.webhooks import key_of
from atelier.engines.engine import Engine, EngineError, SignsWebhooks


class Webhooks:
    """Where providers call the studio, and which engines of this process wait for a call.

    A call is a hint: an engine that is woken asks the provider itself, and looks by itself now and then in any case.
    """

    def __init__(self, origin: str = "") -> None:
        self._origin = origin
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def address(self, engine_id: str) -> str | None:
        """Where the provider of an engine calls; None where the studio has no https address, as providers ask for."""
        return f"{self._origin}/hooks/providers/{engine_id}" if self._origin.startswith("https://") else None

    @contextmanager
    def waiting(self, engine_id: str, predictions: Iterable[str]) -> Iterator[asyncio.Event]:
        """An event that is set at each call about one of these predictions, for as long as the block lasts."""
        called = asyncio.Event()
        payloads = [said(engine_id, each) for each in predictions]
        for payload in payloads:
            self._waiting[payload].add(called)
        try:
            yield called
        finally:
            for payload in payloads:
                self._waiting[payload].discard(called)
                if not self._waiting[payload]:
                    del self._waiting[payload]

    def heard(self, payload: str) -> None:
        """A call came, as `said` writes it; an empty payload says that calls may have been missed."""
        chosen = [self._waiting.get(payload, set())] if payload else list(self._waiting.values())
        for events in chosen:
            for event in events:
                event.set()


def said(engine_id: str, prediction: str) -> str:
    """A call about a prediction, as one process tells the others."""
    return f"{engine_id} {prediction}"


async def secret_of(engine: Engine) -> str:
    """The secret by which an engine's provider signs its calls, asked of it; empty where it has none.

    Without it the provider is not asked to call, and the engine looks by itself every few seconds.
    """
    if not isinstance(engine, SignsWebhooks):
        return ""
    try:
        secret = await engine.webhook_secret()
        key_of(secret)
    except (EngineError, ValueError) as error:
        get_log().info("provider:signs_no_calls", reason=str(error))
        return ""
    return secret
