"""Errors reported to Sentry, or whatever speaks its protocol, where the operator names one; scrubbed like the log.

Nothing of Sentry's own collecting is on: no request, no cookie, no local variable and no breadcrumb leaves the studio,
only what went wrong, where in the code, and under which request's id.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from atelier import __version__
from atelier.base.log import Report
from atelier.base.scrub import scrubbed

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport

LEFT_OUT = ("request", "user", "breadcrumbs", "server_name", "modules", "extra")
TAGS = ("request", "member", "job")


def reporter(dsn: str, *, environment: str, transport: Transport | None = None) -> Report:
    """What sends an error of the log on; `sentry_sdk` is imported here alone, so that nobody pays for it unasked."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"atelier@{__version__}",
        transport=transport,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=lambda event, _hint: _leave_out(event),  # type: ignore[arg-type,return-value]  # a plain mapping
    )

    def report(event: MutableMapping[str, Any]) -> None:
        with sentry_sdk.new_scope() as scope:
            for name in TAGS:
                if name in event:
                    scope.set_tag(name, str(event[name]))
            scope.set_tag("event", str(event.get("event")))
            error = event.get("exc_info")
            if isinstance(error, BaseException):
                sentry_sdk.capture_exception(error)
            else:
                sentry_sdk.capture_message(str(event.get("event")), level="error")

    return report


def _leave_out(event: MutableMapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = scrubbed({name: value for name, value in event.items() if name not in LEFT_OUT})
    return found
