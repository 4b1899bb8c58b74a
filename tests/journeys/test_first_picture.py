"""A stranger's first picture: from the welcome to the wallet."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect
from tests.journeys.visitor import describe, make, sign_up


def test_from_the_welcome_to_the_wallet(visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/")
    page.get_by_role("link", name="Open an account").first.click()
    page.wait_for_url("**/sign-up*")
    sign_up(page)
    expect(page.locator("#balance b")).to_have_text("200")

    describe(page, "A red boat on a calm sea", 3)
    expect(page.locator("[data-go]")).to_have_text("Make 3 pictures3 credits")
    page.click("[data-go]")
    run = page.locator("run-card").first
    expect(run.locator("h2")).to_have_text("A red boat on a calm sea")
    expect(run).to_have_attribute("data-state", "succeeded", timeout=60_000)
    expect(run.locator("figure a img")).to_have_count(3)
    expect(page.locator("#balance b")).to_have_text("197")
    expect(page.locator("#announce")).to_have_text("Made: A red boat on a calm sea")

    heart = run.get_by_role("button", name="Favourite").first
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="Favourite").first).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("/")
    page.keyboard.type("boat")
    page.keyboard.press("Enter")
    page.wait_for_url("**/library?q=boat")
    expect(page.locator("#total")).to_have_text("3 found")

    page.get_by_role("link", name="Wallet", exact=True).first.click()
    page.wait_for_url("**/wallet")
    expect(page.locator("main")).to_contain_text("197")
    expect(page.locator("main")).to_contain_text("−3")


def test_previews_appear_while_it_is_made_and_a_reload_shows_it_where_it_is(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.evaluate("""() => {
      window.seen = { previews: 0, states: [] };
      new MutationObserver(() => {
        window.seen.previews = Math.max(window.seen.previews, document.querySelectorAll(".making img").length);
        const state = document.querySelector("run-card")?.dataset.state;
        if (state && window.seen.states.at(-1) !== state) window.seen.states.push(state);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    }""")
    describe(page, "A whale under the aurora", 8)
    page.click("[data-go]")
    page.wait_for_selector(".making img", timeout=60_000)
    assert page.evaluate("window.seen.previews") >= 1
    page.reload()
    run = page.locator("run-card").first
    assert run.get_attribute("data-state") == "running"
    expect(run.locator("figure")).to_have_count(8)
    expect(run).to_have_attribute("data-state", "succeeded", timeout=60_000)
    expect(run.locator("figure a img")).to_have_count(8)


def test_a_run_that_was_through_before_its_card_came_is_shown_as_it_is(visit: Callable[..., Page]) -> None:
    """What is told of a run between the writing of its card and the card's arrival reaches nobody."""
    page = visit()
    sign_up(page)

    def late(route: Route) -> None:
        answer = route.fetch()
        written = re.search(r'data-job="([^"]+)" data-state="(\w+)"', answer.text())
        assert written
        assert written[2] in ("queued", "running")
        until = time.monotonic() + 120
        while 'data-state="succeeded"' not in page.request.get(f"/jobs/{written[1]}/run").text():
            assert time.monotonic() < until
        page.unroute("**/jobs/*/run")
        route.fulfill(response=answer)

    page.route("**/jobs/*/run", lambda route: route.abort())  # nor does the wall fetch it meanwhile
    page.route("**/make/image.generate", late)
    describe(page, "A lighthouse in the fog", 1)
    page.click("[data-go]")
    run = page.locator("run-card")
    expect(run).to_have_count(1, timeout=60_000)
    expect(run).to_have_attribute("data-state", "succeeded")
    expect(run.locator("figure a img")).to_have_count(1)


def test_a_run_is_cancelled_and_the_credits_come_back(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    describe(page, "A city in the rain", 8)
    page.click("[data-go]")
    run = page.locator("run-card").first
    run.get_by_role("button", name="Cancel").click()
    expect(run).to_have_attribute("data-state", "canceled", timeout=60_000)
    expect(run.locator("header")).to_contain_text("back")
    made = run.locator("figure a img").count()
    expect(page.locator("#balance b")).to_have_text(str(200 - made))


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(visit: Callable[..., Page]) -> None:
    from tests.journeys.visitor import expecting

    page = visit()
    expecting(page, 422)
    sign_up(page)
    page.fill("[name=prompt]", "   ")
    page.locator("[name=count]").fill("6")
    page.click("[data-go]")
    fault = page.locator(".prompt .fault")
    expect(fault).to_be_visible()
    expect(page.locator("[name=prompt]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=count]")).to_have_value("6")
    expect(page.locator("[data-go]")).to_contain_text("6 credits")
    expect(page.locator("run-card")).to_have_count(0)
    expect(page.locator("#balance b")).to_have_text("200")
    make(page, "A fox in the snow")
    expect(page.locator(".prompt .fault")).to_have_count(0)


def test_a_picture_is_repeated_and_varied(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    page.locator("figure").first.hover()
    page.get_by_role("link", name="Repeat").nth(1).click()
    expect(page.locator("[name=prompt]")).to_have_value("A lighthouse under the stars")
    expect(page.locator('[name=seed_choice][value="fixed"]')).to_be_checked()
    page.locator("figure").first.hover()
    page.get_by_role("link", name="Vary").first.click()
    expect(page.locator('[name=seed_choice][value="random"]')).to_be_checked()


def test_a_slash_offers_words(visit: Callable[..., Page], maker: object) -> None:
    page = visit(state=maker)
    page.goto("/make/image.generate")
    page.locator("[name=prompt]").click()
    page.keyboard.type("A /light")
    expect(page.get_by_role("option").first).to_contain_text("lighthouse")
    page.keyboard.press("Enter")
    expect(page.locator("[name=prompt]")).to_have_value("A lighthouse")
    page.keyboard.type(" /zzz")
    expect(page.get_by_role("listbox", name="Words")).to_be_hidden()


def test_a_run_begun_elsewhere_hangs_itself_on_the_wall(visit: Callable[..., Page]) -> None:
    here = visit()
    sign_up(here)
    make(here, "A lighthouse under the stars")
    there = visit(state=here.context.storage_state())
    here.goto("/jobs")
    expect(here.locator("run-card")).to_have_count(1)
    there.goto("/make/image.generate")
    make(there, "A castle in the fog")
    expect(here.locator("run-card")).to_have_count(2)
    expect(here.locator("run-card").first).to_have_attribute("data-state", "succeeded", timeout=60_000)
