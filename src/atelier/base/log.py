"""Structured logs with named events: `log.info("job:succeeded", job=…)`. Secrets and prompts never appear in clear."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from atelier.base.scrub import scrubbed


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what is nobody's business, wherever it stands."""
    for name, value in event.items():
        if name not in ("timestamp", "level"):
            event[name] = scrubbed(value, name)
    return event


Report = Callable[[MutableMapping[str, Any]], None]


def configure(*, level: str = "INFO", as_json: bool = True, report: Report | None = None) -> None:
    """Send all logs, ours and the libraries', to standard error: a JSON object a line, or for people in colour.

    `report` hears of each error, with its exception under `exc_info`, before anything is hidden in it.
    """

    def calm(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A failure of what the studio depends on is one line: where our code met it explains nothing."""
        error = event.get("exc_info")
        error = error[1] if isinstance(error, tuple) else sys.exc_info()[1] if error is True else error
        if isinstance(error, BaseException):
            from atelier.base.outages import outage  # the supervisor should stay small

            if (found := outage(error)) is not None:
                del event["exc_info"]
                event.update(code=found.code, reason=f"{type(error).__name__}: {error}"[:500].partition("\n")[0])
        return event

    def tell(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if report is not None and event.get("level") in ("error", "critical"):
            report(event)
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        calm,
        tell,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        scrub,
    ]
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic", "procrastinate"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_log() -> structlog.stdlib.BoundLogger:
    """The logger; its first argument is the event's name, `noun:verb`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("atelier")
    return logger
