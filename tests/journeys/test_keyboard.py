"""Everything by keyboard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.journeys.visitor import describe, sign_up

FOCUSED = "document.activeElement"


def test_a_picture_without_a_mouse(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("[name=prompt]")).to_be_focused()
    page.keyboard.type("A train in the snow")
    page.keyboard.press("Control+Enter")
    expect(page.locator("run-card").first).to_have_attribute("data-state", "succeeded", timeout=60_000)


def test_keys_go_places(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    for letter, place in [("l", "/library"), ("j", "/jobs"), ("w", "/wallet"), ("m", "/make/image.generate")]:
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"**{place}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate(f"{FOCUSED} === document.body")


def test_letters_in_a_field_are_letters(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    page.locator("[name=prompt]").click()
    page.keyboard.type("g l?")
    expect(page.locator("[name=prompt]")).to_have_value("g l?")
    expect(page).to_have_url("/make/image.generate")


def test_focus_is_always_visible(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    for _ in range(30):
        page.keyboard.press("Tab")
        unseen = page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one === document.body) return null;
              const marked = [one, one.closest("label"), one.closest(".find")].filter(Boolean).some((shown) => {
                const style = getComputedStyle(shown);
                const ringed = style.outlineStyle !== "none" || style.boxShadow !== "none";
                return ringed || shown.matches(".find:focus-within");
              });
              return marked ? null : one.outerHTML.slice(0, 120);
            }"""
        )
        assert unseen is None


def test_focus_stays_when_a_run_changes_under_it(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.fill("[name=prompt]", "A village at night")
    page.press("[name=prompt]", "Control+Enter")
    run = page.locator("run-card").first
    run.locator("h2 a").focus()
    expect(run).to_have_attribute("data-state", "succeeded", timeout=60_000)
    expect(run.locator("h2 a")).to_be_focused()


def test_a_held_key_buys_once(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    describe(page, "A boat at night", 1)
    page.locator("[name=prompt]").focus()
    keys = page.context.new_cdp_session(page)
    press = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    for held in range(12):  # Ctrl+Enter held: one press, and what the keyboard repeats
        keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "autoRepeat": held > 0, **press})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **press})
    first = page.locator("run-card").first
    expect(first).to_have_attribute("data-state", "succeeded", timeout=20_000)
    expect(page.locator("#balance b")).to_have_text("199")
    expect(page.locator("run-card")).to_have_count(1)

    page.keyboard.press("Control+Enter")  # the same words, on purpose
    expect(page.locator("run-card")).to_have_count(2)
    expect(page.locator("run-card").first).to_have_attribute("data-state", "succeeded", timeout=20_000)
    expect(page.locator("#balance b")).to_have_text("198")


def test_clicks_and_keys_at_once_buy_once(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    describe(page, "A boat at noon", 1)
    page.evaluate(
        """() => {
          const form = document.querySelector("brief-form form");
          for (let n = 0; n < 5; n++) { form.requestSubmit(); form.querySelector("[data-go]").click(); }
        }"""
    )
    expect(page.locator("run-card").first).to_have_attribute("data-state", "succeeded", timeout=20_000)
    page.reload()
    expect(page.locator("run-card")).to_have_count(1)
    expect(page.locator("#balance b")).to_have_text("199")
