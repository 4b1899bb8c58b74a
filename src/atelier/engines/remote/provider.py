"""A provider as its engines ask it: the address and key of the catalog, bounded answers, errors as the studio's own.

Waiting, repeating and downloading are written here once for all providers.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import TypeAdapter, ValidationError

from atelier.base.addresses import parse_allowed
from atelier.base.outgoing import Bounds, NoAnswer, Outgoing, Reply, Sent, Untrusted
from atelier.engines.engine import BadInput, EngineError, Refused, Unavailable, Unfit
from atelier.engines.kind import EngineEntry, Machine
from atelier.engines.webhooks import Webhooks

Answered = TypeVar("Answered")

ANSWER = Bounds(patience=30, largest=4 << 20)
FILE = Bounds(patience=600, largest=4 << 30)
TRIES = 5  # of a question that may be asked again
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between them, unless the provider says how long
LONGEST_PAUSE = 60.0
FIRST_LOOK, LAST_LOOK = 0.5, 5.0  # seconds between two looks how a prediction stands: at first, and in the end


class KeyRefused(Unfit):
    """The provider does not take the studio's key."""

    code = "provider_key_refused"


class NoCredit(Unfit):
    """The studio's account at the provider has no credit left."""

    code = "provider_without_credit"


class NotThere(Unfit):
    """The provider has no such model, or no such prediction any more."""

    code = "provider_has_no_such_model"


class Limited(Unavailable):
    """The provider takes no more requests just now. `pause`: the seconds that it asks to wait, 0 if it says nothing."""

    code = "provider_limited"

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause


class Faulty(Limited):
    """The provider has a fault of its own, which another question may not meet."""

    code = "provider_faulty"


@dataclass(frozen=True, slots=True)
class Provider:
    """One `[[engine]]` of the catalog that is somewhere else.

    `scheme` stands before the key in the Authorization header.
    """

    entry: EngineEntry
    outgoing: Outgoing
    address: str
    scheme: str = "Bearer"
    webhooks: Webhooks = field(default_factory=Webhooks)

    @classmethod
    def of(cls, entry: EngineEntry, machine: Machine, *, usual: str = "") -> Provider:
        """The provider at the entry's address, or at its `usual` one."""
        outgoing = Outgoing(allowed=parse_allowed(machine.allowed))
        return cls(entry, outgoing, (entry.url or usual).rstrip("/"), webhooks=machine.webhooks)

    @property
    def name(self) -> str:
        return self.entry.id

    @property
    def webhook(self) -> str | None:
        """Where the provider shall say that a prediction has ended; None where it cannot prove that it is the one."""
        return self.webhooks.address(self.entry.id) if self.entry.webhook_secret is not None else None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        of: type[Answered],
        body: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Sequence[Sent]] | None = None,
        bounds: Bounds = ANSWER,
    ) -> Answered:
        """The answer as `of`, one of `answers` or a `dict`; raises `EngineError` for anything else. Asked once."""
        try:
            reply = await self._outgoing(method, path, body=body, form=form, files=files, bounds=bounds)
        except NoAnswer as error:
            raise Unavailable(f"{self.name} does not answer: {error}.") from error
        except Untrusted as error:
            raise Unfit(f"{self.name} cannot be asked: {error}.") from error
        self._judge(reply)
        try:
            return TypeAdapter(of).validate_json(reply.body)
        except ValidationError:
            what = reply.headers.get("content-type", "something without a type").partition(";")[0]
            raise Unavailable(f"{self.name} answered {what} that is not what was asked for.") from None

    async def insist(self, method: str, path: str, *, of: type[Answered]) -> Answered:
        """Ask again, ever later, while the provider does not answer or is too busy: only for what may be repeated."""
        return await _again(lambda: self.ask(method, path, of=of))

    async def waits(self, called: asyncio.Event) -> AsyncIterator[None]:
        """The moments at which to look how predictions stand: often at first, then every few seconds, and whenever
        the provider has `called`."""
        pause = FIRST_LOOK
        while True:
            yield
            try:
                async with asyncio.timeout(pause * random.uniform(0.9, 1.1)):  # noqa: S311  # only to spread the load
                    await called.wait()
                called.clear()
                pause = FIRST_LOOK
            except TimeoutError:
                pause = min(LAST_LOOK, pause * 1.3)

    async def download(self, url: str, into: Path) -> None:
        """Write the file at an address that the provider named to `into`."""
        await _again(lambda: self._download(url, into))

    async def _download(self, url: str, into: Path) -> None:
        try:
            reply = await self._outgoing("GET", url, into=into, bounds=FILE, redirects=5)
        except NoAnswer as error:
            raise Unavailable(f"A file of {self.name} could not be fetched: {error}.") from error
        except Untrusted as error:
            raise Unfit(f"A file of {self.name} cannot be fetched: {error}.") from error
        if reply.status in (404, 410):
            raise NotThere(f"{self.name} no longer has the file that it named.")
        self._judge(reply)

    async def _outgoing(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Sequence[Sent]] | None = None,
        into: Path | None = None,
        bounds: Bounds,
        redirects: int = 0,
    ) -> Reply:
        url = path if "://" in path else f"{self.address}/{path.lstrip('/')}"
        home = urlsplit(self.address)
        ours = urlsplit(url)[:2] == home[:2]
        return await self.outgoing.ask(
            method,
            url,
            headers=self._headers() if ours else {},  # the key is for the provider's own address alone
            json=body,
            form=form,
            files=files,
            into=into,
            bounds=bounds,
            redirects=redirects,
            private=[home.hostname] if ours and home.hostname else (),
            plain=ours and home.scheme == "http",
        )

    def _headers(self) -> dict[str, str]:
        key = self.entry.secret
        return {"authorization": f"{self.scheme} {key}"} if key else {}

    def _judge(self, reply: Reply) -> None:
        """Raise what a status other than 2xx means for a job."""
        if 200 <= reply.status < 300:
            return
        said = _said(reply)
        match reply.status:
            case 401 | 403:
                raise KeyRefused(
                    f"{self.name} does not accept the studio's key. The studio's operator has to check it."
                )
            case 402:
                raise NoCredit(f"The studio has no credit left at {self.name}. The studio's operator has to add some.")
            case 404 | 410:
                raise NotThere(f"{self.name} does not know what was asked for{said}.")
            case 408 | 409 | 425 | 429:
                raise Limited(f"{self.name} is too busy just now{said}.", _seconds(reply))
            case status if 300 <= status < 400:
                raise Unfit(
                    f"{self.name} has moved to another address. The studio's operator has to change the catalog."
                )
            case status if status >= 500:
                raise Faulty(f"{self.name} has a fault of its own just now ({status}).", _seconds(reply))
            case _:
                raise refusal(self.name, said)


async def _again(ask: Callable[[], Awaitable[Answered]]) -> Answered:
    """What `ask` answers, after a few tries with growing pauses where it raises `Unavailable`."""
    for turn in range(TRIES - 1):
        try:
            return await ask()
        except Unavailable as error:
            await asyncio.sleep(pause_after(error, turn))
    return await ask()


def refusal(name: str, said: str) -> EngineError:
    """An input that the provider does not take: by its rules about content, or because a value is wrong."""
    if any(word in said.lower() for word in ("safety", "nsfw", "moderation", "content policy", "sensitive", "flagged")):
        return Refused(f"{name} will not make this{said}.")
    return BadInput(f"{name} does not take this input{said}.")


def resolved(provider: Provider, url: str) -> str:
    """An address as a provider writes it, which may be relative to its own."""
    return urljoin(f"{provider.address}/", url)


def _said(reply: Reply) -> str:
    """The provider's own words about a refusal, if it said any, to stand in a sentence."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return ""
    for key in ("detail", "error", "message", "title"):
        value = found.get(key) if isinstance(found, dict) else None
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, list) and value:
            value = value[0].get("msg") if isinstance(value[0], dict) else value[0]
        if isinstance(value, str) and value.strip():
            words = " ".join(value.split())[:300].rstrip(".")
            return f": {words}"
    return ""


def _seconds(reply: Reply) -> float:
    try:
        return min(LONGEST_PAUSE, max(0.0, float(reply.headers.get("retry-after", ""))))
    except ValueError:
        return 0.0


def pause_after(error: Unavailable, turn: int) -> float:
    """The seconds to wait before the next question, after `turn` others that ended so."""
    asked = error.pause if isinstance(error, Limited) else 0.0
    return asked or PAUSES[min(turn, len(PAUSES) - 1)]
