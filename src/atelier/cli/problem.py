"""An expected error for programs that call us with `--json`: the same problem (RFC 9457) that the API answers with."""

from __future__ import annotations

from typing import Any

from atelier.base.errors import AtelierError


def problem(error: AtelierError) -> dict[str, Any]:
    """The error as a problem object."""
    body = {
        "type": f"urn:atelier:error:{error.code}",
        "title": error.message,
        "status": error.status,
        "code": error.code,
        "retry": error.retry,
    }
    plain = {key: value for key, value in error.details.items() if isinstance(value, str | int | float | list)}
    return body | ({"field": error.field} if error.field else {}) | plain
