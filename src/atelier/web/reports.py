"""What browsers report: content that our policy kept from running. Written into the log, for operators."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response

from atelier.base.log import get_log
from atelier.limits.limit import REPORTS
from atelier.web.access import Access
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
LONGEST = 200


@routes.post("/csp-reports", access=Access.PUBLIC, limit=REPORTS, status_code=204, max_body_size=16 * 1024)
async def csp_report(request: Request) -> Response:
    """Take reports in both forms that browsers send (CSP 3: `report-uri` and the Reporting API)."""
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        return Response(status_code=204)
    for report in (sent if isinstance(sent, list) else [sent])[:10]:
        body = (report.get("csp-report") or report.get("body")) if isinstance(report, dict) else None
        if isinstance(body, dict):
            get_log().warning(
                "csp:violated",
                directive=_word(body, "effective-directive", "effectiveDirective", "violated-directive"),
                blocked=_origin(_word(body, "blocked-uri", "blockedURL")),
                page=_path(_word(body, "document-uri", "documentURL")),
            )
    return Response(status_code=204)


def _word(body: dict[str, Any], *names: str) -> str:
    return next((str(body[name])[:LONGEST] for name in names if body.get(name)), "")


def _origin(address: str) -> str:
    """Where something came from, without the path, which may hold a secret."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else address


def _path(address: str) -> str:
    try:
        return urlsplit(address).path[:LONGEST]
    except ValueError:
        return "no address"
