"""The log of a process that stays: as the settings say, with its errors also sent where they say."""

from __future__ import annotations

from atelier.base import log
from atelier.settings import Settings


def begin_log(settings: Settings) -> None:
    """Log from here on as the settings say."""
    report = None
    if dsn := settings.sentry_dsn.get_secret_value():
        from atelier.ops.records.errors import reporter  # takes megabytes that nobody else should pay for

        report = reporter(dsn, environment=settings.env)
    log.configure(level=settings.log_level, as_json=settings.log_format == "json", report=report)
