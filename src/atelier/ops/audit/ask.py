"""A request to the application without a network: its answer, also of a stream that never ends by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

MOST = 4_000_000  # bytes of an answer that are read


@dataclass(slots=True)
class Answer:
    """What came back; `crashed` names an error that escaped the application."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    crashed: str | None = None
    timed_out: bool = False

    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    origin: str,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: bytes = b"",
    address: str,
    enough: Callable[[bytes], bool] | None = None,
    seconds: float = 5.0,
) -> Answer:
    """Send one request and read its answer to the end, up to `seconds`, or until `enough` has been read.

    Names of headers are in small letters; an empty value takes one away.
    """
    sent = {"host": urlsplit(origin).netloc, "accept": "text/html, application/json"}
    if form is not None:
        body, sent["content-type"] = urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded"
    if body:
        sent["content-length"] = str(len(body))
    sent = {name: value for name, value in (sent | dict(headers or {})).items() if value}
    answer, gone, asked = Answer(), asyncio.Event(), False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], Headers(raw=message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")
            if len(answer.body) > MOST or (enough is not None and enough(answer.body)):
                gone.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": urlsplit(origin).scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
        "client": (address, 1),
        "server": (urlsplit(origin).hostname or "", urlsplit(origin).port or 80),
        "state": {},
    }
    try:
        async with asyncio.timeout(seconds):
            await app(scope, receive, send)
    except TimeoutError:
        answer.timed_out = True
    except Exception as error:  # the application answered 500 and passed the error on, as servers want it
        answer.crashed = f"{type(error).__name__}: {error}"
        answer.status = answer.status or 500
    return answer
