"""The operator's page of the filters: what each does with what it finds."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.errors import NotFound
from atelier.limits.limit import GENERAL, PAGES
from atelier.safety.filter import Filter, PictureFilter
from atelier.safety.rules import BadRule, rule_of, rules, set_rule
from atelier.safety.safety import Safety
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, promptly
from atelier.web.routes import Routes

routes = Routes(prefix="/console/safety", include_in_schema=False)


def _safety(request: Request) -> Safety:
    found: Safety = request.app.state.studio.safety
    return found


TheSafety = Annotated[Safety, Depends(promptly(_safety))]


@routes.get("", access=Access.SUPPORT, limit=PAGES)
async def safety_page(request: Request, here: Here, db: Db, safety: TheSafety, saved: str = "") -> Response:
    """Every filter with its rule, and whether it can work."""
    return await _page(request, here, db, safety, saved=saved)


@routes.post("/{filter_id}", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def change_rule(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    safety: TheSafety,
    filter_id: str,
    action: FormText = "",
    threshold: FormText = "",
    words: FormText = "",
) -> Response:
    """Set what a filter does with what it finds."""
    filter = safety.filters.get(filter_id)
    if filter is None:
        raise NotFound("filter")
    typed = {"action": action, "threshold": threshold, "words": words}
    try:
        rule = rule_of(filter, typed)
    except BadRule as fault:
        return await _page(request, here, db, safety, wrong=filter_id, fault=fault, typed=typed)
    await set_rule(db, filter, rule, by=me.member_id)
    return RedirectResponse(f"/console/safety?saved={filter.id}#{filter.id}", 303)


async def _page(
    request: Request,
    here: Here,
    db: Db,
    safety: Safety,
    *,
    saved: str = "",
    wrong: str = "",
    fault: BadRule | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    return here.templates.page(
        request,
        "safety/safety.html",
        status=422 if fault else 200,
        filters=list(safety.filters.values()),
        rules=await rules(db),
        lacks={filter.id: _lack(safety, filter) for filter in safety.filters.values()},
        pictures=[filter.id for filter in safety.filters.values() if isinstance(filter, PictureFilter)],
        saved=saved,
        wrong=wrong,
        fault=fault,
        typed=typed or {},
    )


def _lack(safety: Safety, filter: Filter) -> str | None:
    return filter.lack(safety.place) if isinstance(filter, PictureFilter) else None
