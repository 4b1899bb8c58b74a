"""What holds on every page: readable by everybody, in both lights, at both widths, and light on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, Request, expect
from tests.journeys.visitor import sign_up

from atelier.base.ids import new_id

AXE = (Path(__file__).parent / "vendor" / "axe.js").read_text()
DOORS = ["/", "/sign-up", "/sign-in", "/sign-in?done=reset", "/forgotten"]
ROOMS = [
    "/make/image.generate",
    "/make/image.edit",
    "/jobs",
    "/jobs?state=failed",
    "/library",
    "/library?q=nothing",
    "/wallet",
    "/account",
    "/account/security",
    "/account/tokens",
    "/account/data",
    "/account/confirmation",
]
CONSOLE = ["/console", "/console/members", "/console/queue", "/console/models", "/console/invitations", "/console/mail"]
RECORDS = ["/console/trail", "/console/trail?kind=nothing:", "/console/limits", "/console/flags"]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
COLOURS = {"runOnly": ["color-contrast"]}  # all that changes with the light


def pages(page: Page) -> list[str]:
    """Every page that a member can see, with one of each kind of thing."""
    page.goto("/make/image.generate")
    run = page.locator("run-card h2 a").first.get_attribute("href")
    picture = page.locator("figure > a").first.get_attribute("href")
    assert run
    assert picture
    return [*ROOMS, run, picture]


def console(page: Page) -> list[str]:
    """Every page of the console, a member's among them."""
    page.goto("/console/members?q=Mara")
    member = page.locator("tbody a").first.get_attribute("href")
    assert member
    return [*CONSOLE, *RECORDS, member]


def faults(page: Page, rules: object = RULES) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {json.dumps(rules)})")
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:110] for node in one['nodes'][:3]]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nobody_is_shut_out(visit: Callable[..., Page], maker: object, operator: object, dark: bool) -> None:
    outside, inside, above = visit(dark=dark), visit(dark=dark, state=maker), visit(dark=dark, state=operator)
    found = {}
    for page, addresses in ((outside, DOORS), (inside, pages(inside)), (above, console(above))):
        for address in addresses:
            page.goto(address)
            if wrong := faults(page, COLOURS if dark else RULES):
                found[address] = wrong
    assert not found, json.dumps(found, indent=1)


def test_nobody_is_shut_out_by_what_opens(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    for fold in page.locator("details > summary").all():
        fold.click()
    page.click(".who")
    assert not faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not faults(page)


def test_a_phone_has_room_for_every_page(visit: Callable[..., Page], maker: object, operator: object) -> None:
    outside, inside, above = visit(width=390), visit(width=390, state=maker), visit(width=390, state=operator)
    for page, addresses in ((outside, DOORS), (inside, pages(inside)), (above, console(above))):
        for address in addresses:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{address} is wider than the phone"
            assert page.evaluate(SMALL) == [], f"{address} has targets that a thumb misses"


def test_a_phone_has_room_for_the_longest_address(
    visit: Callable[..., Page], operator: object, studio_database: str
) -> None:
    waits = {"id": new_id(), "email": f"{new_id().hex}{new_id().hex}@example.org"}
    with psycopg.connect(studio_database, autocommit=True) as db:
        db.execute("INSERT INTO members (id, email, name, state) VALUES (%(id)s, %(email)s, 'W', 'waiting')", waits)
    page = visit(width=390, state=operator)
    for address in ("/console/invitations", f"/console/members/{waits['id']}", "/console/members"):
        page.goto(address)
        expect(page.locator("main")).to_contain_text(str(waits["email"]))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{address} is wider than the phone"


# what can be pressed and is under 44 px both ways; a link inside a sentence may be as small as its words
SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
  .filter((one) => one.checkVisibility() && !one.closest("p, dd, td, h2, .hidden, .skip, [popover]"))
  .map((one) => [one, ...[one, one.matches("input") && one.closest("label")].filter(Boolean)
    .map((shown) => shown.getBoundingClientRect()).sort((a, b) => b.height - a.height)])
  .filter(([one, box]) => box.width && box.bottom > 0 && (box.height < 40 || box.width < 32))
  .map(([one, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${one.outerHTML.slice(0, 90)}`)"""


@pytest.mark.parametrize("first", ["/", "/make/image.generate"])
def test_a_first_page_is_under_100_kilobytes(visit: Callable[..., Page], first: str) -> None:
    window = visit()
    if first != "/":
        sign_up(window)
        state = window.context.storage_state()
        window = visit(state=state)  # with nothing kept
    sizes: dict[str, int] = {}

    def count(request: Request) -> None:
        if not request.url.endswith("/live"):
            found = request.sizes()
            sizes[request.url] = found["responseBodySize"] + found["responseHeadersSize"]

    under_way: set[Request] = set()
    window.on("request", lambda request: None if request.url.endswith("/live") else under_way.add(request))
    window.on("requestfailed", lambda request: under_way.discard(request))
    window.on("requestfinished", count)
    window.on("requestfinished", lambda request: under_way.discard(request))
    window.goto(first)
    while under_way:
        window.wait_for_timeout(20)
    assert sum(sizes.values()) < 100_000, sizes


def test_the_first_paint_has_the_chosen_light(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/wallet")
    page.click(".who")
    page.get_by_role("button", name="Dark").click()
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(21, 20, 19)"
    page.reload(wait_until="commit")
    page.wait_for_selector("main")
    assert page.evaluate(paper) == "rgb(21, 20, 19)"


def test_a_missing_page_is_a_quiet_sheet(visit: Callable[..., Page]) -> None:
    from tests.journeys.visitor import expecting

    page = visit()
    expecting(page, 404)
    page.goto("/nowhere")
    assert page.locator("h1").inner_text() == "Not here"
