"""Sending a browser to a provider."""

from __future__ import annotations

from fastapi import Request, Response

from atelier.people.oidc import begin
from atelier.people.oidc.begin import Begun
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.people.oidc.provider import Provider
from atelier.web import language
from atelier.web.parts import Parts

# nothing can be guessed on these routes; the limit only keeps one address from sending many browsers there


async def away(request: Request, here: Parts, elsewhere: Elsewhere, provider: Provider, begun: Begun) -> Response:
    """A page that leads away at once. No redirect: browsers let the policy on forms hold for all that follows one."""
    with language.speaking(language.of(request)):
        there = await elsewhere.address_there(provider, begun)
    response = here.templates.page(request, "people/away.html", called=provider.name, there=there, leaving=False)
    response.set_cookie(
        begin.cookie_name(here.origin, begun.state),
        begin.write(elsewhere.seal, begun),
        max_age=begin.LASTS,
        path="/",
        secure=here.origin.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return response
