"""What stands around every answer: headers, the content policy, cookies, and the refusal of other sites' writes."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.responses import Response

from atelier.base.ids import new_id
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.web.guard import SAFE

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=()",
    "x-dns-prefetch-control": "off",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'none'",
}
# a page, an error page, JSON, a refusal, a health answer
SEEN = (
    ("GET", "/", "text/html"),
    ("GET", f"/nothing-{new_id().hex}", "text/html"),
    ("GET", "/api/v1/jobs", "application/json"),
    ("DELETE", "/", "application/json"),
    ("GET", "/health/live", "application/json"),
)
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)([^>]*)>", re.IGNORECASE)
_STYLE = re.compile(rb"<style([^>]*)>", re.IGNORECASE)
_HANDLER = re.compile(rb"<[a-z][^>]*\s(?:on[a-z]+|style)=", re.IGNORECASE)


@check(
    "edge.headers",
    "B10",
    title="Every answer carries the security headers",
    remedy="Put atelier.web.guard.Guard around the application, outermost.",
    quick=True,
)
async def headers(ground: Ground) -> Evidence:
    wanted = dict(HEADERS)
    if ground.studio.origin.startswith("https://"):
        wanted["strict-transport-security"] = "max-age="
    faults = []
    for method, path, accept in SEEN:
        answer = await ground.ask(method, path, headers={"accept": accept})
        for name, value in wanted.items():
            if value not in answer.headers.get(name, ""):
                faults.append(f"{method} {path} answers {answer.status} without {name}")
    return evidence(faults, f"{len(wanted)} headers on each of {len(SEEN)} kinds of answer.")


@check(
    "edge.policy",
    "B10",
    title="The content policy has a fresh nonce, nothing unsafe, and pages keep to it",
    remedy="Take 'unsafe-inline' and 'unsafe-eval' out of the policy, and inline handlers and styles out of the page.",
)
async def policy(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    faults, nonces, pages = [], set(), 0
    for path in ("/", "/sign-in", "/sign-up", "/make/image.generate", "/jobs", "/library", "/wallet", "/account"):
        answer = await ground.ask("GET", path, by=None if path in ("/", "/sign-in", "/sign-up") else maker)
        if answer.status != 200 or b"<html" not in answer.body:
            faults.append(f"{path} answers {answer.status}")
            continue
        pages += 1
        said = answer.headers.get("content-security-policy", "")
        nonce = re.search(r"script-src [^;]*'nonce-([^']{16,})'", said)
        faults += [f"{path} allows {word}" for word in ("unsafe-inline", "unsafe-eval", "script-src *") if word in said]
        if nonce is None:
            faults.append(f"{path} has no nonce")
            continue
        nonces.add(nonce[1])
        mark = f'nonce="{nonce[1]}"'.encode()
        inline = [found[1] for found in (*_INLINE.finditer(answer.body), *_STYLE.finditer(answer.body))]
        if any(mark not in tag and b"application/json" not in tag for tag in inline):
            faults.append(f"{path} has an inline script or style without the nonce")
        if found := _HANDLER.search(answer.body):
            faults.append(f"{path} has an inline handler or style: {found[0].decode(errors='replace')[-60:]}")
    if len(nonces) < pages:
        faults.append("a nonce was used twice")
    return evidence(faults, f"{pages} pages, each with a nonce of its own and nothing inline without it.")


@check(
    "edge.cookies",
    "B10",
    "A1",
    title="The session's cookie is HttpOnly, SameSite, and Secure on https",
    remedy="Set the cookie with atelier.people.sessions.set_cookie alone.",
)
async def cookies(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    form = {"email": maker.email, "password": maker.password}
    answer = await ground.ask("POST", "/sign-in", form=form)
    sent = answer.headers.getlist("set-cookie")
    if not sent:
        return Evidence(False, f"Signing in answers {answer.status} and sets no cookie.")
    faults = []
    for cookie in sent:
        name, _, rest = cookie.partition("=")
        flags = {part.strip().partition("=")[0].lower() for part in rest.split(";")[1:]}
        wanted = {"httponly", "samesite", "path"}
        if ground.studio.origin.startswith("https://"):
            wanted.add("secure")
            if not name.startswith("__Host-"):
                faults.append(f"{name} lacks the prefix __Host-")
        faults += [f"{name} lacks {flag}" for flag in sorted(wanted - flags)]
        if "samesite=none" in cookie.lower():
            faults.append(f"{name} goes to other sites")
    return evidence(faults, f"Signing in sets {len(sent)} cookie, and scripts and other sites don't get it.")


@check(
    "edge.cross_site",
    "B10",
    title="Writes that another site sends are refused on every route",
    remedy="Put atelier.web.guard.Guard around the application, with the address under which people reach it.",
    quick=True,
)
async def cross_site(ground: Ground) -> Evidence:
    faults, tried = [], 0
    for route, _ in ground.routes():
        path = route.path_format.format(**dict.fromkeys(route.param_convertors, "0"))
        for method in sorted((route.methods or set()) - SAFE):
            for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, _OLD_BROWSER):
                answer = await ground.ask(method, path, headers=headers)
                tried += 1
                if answer.status != 403 or b"cross_site" not in answer.body:
                    faults.append(f"{method} {route.path_format} answers {answer.status}")
    return evidence(sorted(set(faults)), f"All {tried} writes from other sites were refused.")


_OLD_BROWSER = {"sec-fetch-site": "", "origin": "https://elsewhere.invalid"}


@check(
    "edge.hosts",
    "B10",
    title="Requests under unknown host names are refused, but for those of health probes",
    remedy="Set ATELIER_HOSTS to the names under which people open the studio.",
    quick=True,
)
async def hosts(ground: Ground) -> Evidence:
    faults = []
    for path in ("/", "/sign-in", "/api/v1/jobs", f"/nothing-{new_id().hex}"):
        for headers in ({"host": "elsewhere.invalid"}, {"host": ""}, _FORWARDED_LIE):
            answer = await ground.ask("GET", path, headers=headers, address=STRANGER)
            if answer.status != 421:
                faults.append(f"GET {path} as {headers} answers {answer.status}")
    if (await ground.ask("GET", "/health/live", headers={"host": "elsewhere.invalid"})).status != 200:
        faults.append("/health/live answers only under known names")
    return evidence(faults, "Three kinds of unknown names were refused at four addresses; health answers to all.")


STRANGER = "198.51.100.77"  # RFC 5737: never a proxy's address
_FORWARDED_LIE = {"host": "elsewhere.invalid", "x-forwarded-host": "localhost"}


@check(
    "edge.crashes",
    "B12",
    "D17",
    title="Debugging is off, and a crash says nothing of its cause",
    remedy="Take ATELIER_DEBUG out of the settings.",
    quick=True,
)
async def crashes(ground: Ground) -> Evidence:
    faults = []
    if ground.studio.debug or ground.app.debug or ground.app.state.parts.debug:
        faults.append("debugging is on")
    handler = ground.app.exception_handlers.get(Exception)
    if handler is None:
        faults.append("nothing answers for a crash")
    else:
        cause = f"cause-{new_id().hex}"
        for accept in (b"application/json", b"text/html"):
            answer = await _crash(ground, handler, cause, accept)
            if answer.status_code != 500 or cause.encode() in bytes(answer.body):
                faults.append("the answer to a crash tells its cause")
    return evidence(sorted(set(faults)), "Debugging is off, and a crash answers 500 without its cause.")


async def _crash(ground: Ground, handler: object, cause: str, accept: bytes) -> Response:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/audit",
        "query_string": b"",
        "headers": [(b"accept", accept)],
        "app": ground.app,
        "state": {"nonce": "audit"},
    }
    assert callable(handler)
    answer: Response = await handler(Request(scope), _Drill(cause))
    return answer


class _Drill(RuntimeError):
    """A crash of the audit's own."""
