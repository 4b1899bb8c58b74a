"""An operator helps a member: finds them, looks through their eyes, and leaves a trail."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.journeys.visitor import PASSWORD, expecting, sign_up


def test_an_operator_looks_through_a_members_eyes_and_is_seen_to(
    visit: Callable[..., Page], maker: object, operator: object
) -> None:
    page = visit(state=operator)
    page.goto("/console/members?q=Mara")
    page.click("tbody a")
    page.get_by_role("button", name="See the studio as Mara Maker").click()
    banner = page.locator(".looking")
    for address in ("/make/image.generate", "/library", "/jobs", "/wallet", "/account"):
        page.goto(address)
        expect(banner).to_contain_text("You see the studio as Mara Maker and can change nothing.")
    expecting(page, 403)
    page.fill("[name=name]", "Somebody else")
    page.get_by_role("button", name="Change the name").click()
    expect(page.locator("main")).to_contain_text("End the look first")
    banner.get_by_role("button", name="End the look").click()
    expect(page.locator("h1")).to_have_text("Mara Maker")
    expect(banner).to_have_count(0)
    page.goto("/console/trail?kind=look:")
    expect(page.locator("tbody tr").first).to_contain_text("look:ended")
    expect(page.locator("tbody tr").first).to_contain_text("Olga Operator")


def test_a_ban_takes_a_member_out_of_the_page_that_they_look_at(visit: Callable[..., Page], operator: object) -> None:
    window = visit()
    email = sign_up(window, "Bo Banned")
    page = visit(state=operator)
    page.goto(f"/console/members?q={email}")
    page.click("tbody a")
    page.fill("[name=why]", "Spam")
    page.get_by_role("button", name="Close the account").click()
    expect(page.locator(".notice.good")).to_contain_text("signed out everywhere")
    window.goto("/library")
    assert "/sign-in" in window.url
    expecting(window, 403)
    window.fill("[name=email]", email)
    window.fill("[name=password]", PASSWORD)
    window.press("[name=password]", "Enter")
    expect(window.locator(".fault")).to_contain_text("This account is closed")
