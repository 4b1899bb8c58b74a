"""What goes wrong at a provider, on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(slots=True)
class Fault:
    """An answer instead of the right one, to the next `times` requests whose path contains `at`."""

    at: str
    status: int
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    method: str = ""

    def response(self) -> Response:
        if isinstance(self.body, str):
            return Response(self.body, self.status, dict(self.headers), "text/html")
        return JSONResponse(self.body, self.status, dict(self.headers))


class Faulty:
    """A server that answers with the faults that wait, and otherwise as it should. `asked` counts what came."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.faults: deque[Fault] = deque()
        self.asked: list[str] = []

    def fail(self, fault: Fault) -> None:
        self.faults.append(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            self.asked.append(f"{request.method} {request.url.path}")
            for fault in list(self.faults):
                if fault.at in request.url.path and fault.method in ("", request.method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    await fault.response()(scope, receive, send)
                    return
        await self.app(scope, receive, send)
