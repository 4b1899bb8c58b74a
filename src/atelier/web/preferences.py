"""What a visitor prefers, kept in cookies of a year: light or dark, and the language."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse

from atelier.limits.limit import PAGES
from atelier.web import language
from atelier.web.access import Access
from atelier.web.back import page_at, sent_from
from atelier.web.forms import FormText
from atelier.web.parts import Here
from atelier.web.routes import Routes
from atelier.web.theme import COOKIE as THEME
from atelier.web.theme import THEMES

routes = Routes()
YEAR = 365 * 24 * 3600


@routes.post("/preferences", access=Access.PUBLIC, limit=PAGES, include_in_schema=False)
async def prefer(
    request: Request,
    here: Here,
    theme: FormText = "",
    speak: FormText = "",
    back: FormText = "",
) -> RedirectResponse:
    """Keep the choice and go back to the page that it was made on; `back` where its address lacks the key to it."""
    page = page_at(request, back, "/") if back else sent_from(request, "/")
    answer = RedirectResponse(page, status_code=303)
    secure = here.origin.startswith("https://")
    if theme in THEMES:
        # the page's script reads and writes this one, so it is not HttpOnly; it holds nothing worth stealing
        answer.set_cookie(THEME, theme, max_age=YEAR, samesite="lax", secure=secure)
    if speak in language.LANGUAGES:
        answer.set_cookie(language.COOKIE, speak, max_age=YEAR, samesite="lax", secure=secure, httponly=True)
    return answer
