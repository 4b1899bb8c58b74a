"""How the application is served: uvicorn with our own connections, in numbers that the system can hold."""

from __future__ import annotations

import resource
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from atelier.limits.network import Networks
from atelier.web.connections import EACH, Connections
from atelier.web.heads import Heads

GRACE = 3  # seconds that open answers get to end
KEPT = 256  # files that a process needs besides its clients' connections: database, store, logs, libraries
FEWEST = 64  # connections, however low the system's limit is


def serving(
    application: ASGIApp, *, each: int = EACH, proxies: Networks = (), grace: int = GRACE, **more: Any
) -> uvicorn.Config:
    """The server's configuration; at most `each` connections of one network, but for those of trusted `proxies`."""
    connections = Connections(each=each, most=max(FEWEST, raise_file_limit() - KEPT), proxies=proxies)
    return uvicorn.Config(
        application,
        http=partial(Heads, bounded_by=connections),  # type: ignore[arg-type]  # it is called as the class would be
        ws="none",  # no page opens a WebSocket, and its protocol would not keep our bounds
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # X-Forwarded-For is read by our own rule, from trusted proxies alone
        timeout_graceful_shutdown=grace,
        **more,
    )


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows; how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # macOS says "unlimited" and means fewer
            return soft
    return hard if hard != resource.RLIM_INFINITY else 1 << 20
