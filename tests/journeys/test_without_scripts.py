"""The core works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.journeys.visitor import describe, expecting, sign_up


def test_a_picture_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    sign_up(page)
    page.fill("[name=prompt]", "An island with a palm")
    page.get_by_role("button", name="Make").click()
    run = page.locator("run-card").first
    expect(run.locator("h2")).to_have_text("An island with a palm")
    expect(run.locator("figure a img")).to_have_count(4, timeout=60_000)  # the page looks again by itself
    expect(page.locator("#balance b")).to_have_text("196")

    run.locator("figure").first.hover()
    run.get_by_role("button", name="Favourite").first.click()
    page.goto("/make/image.generate")
    expect(page.get_by_role("button", name="Favourite").first).to_have_attribute("aria-pressed", "true")

    page.goto("/library?q=island")
    expect(page.locator("#total")).to_have_text("4 found")


def test_faults_are_said_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    expecting(page, 422)
    sign_up(page)
    page.fill("[name=prompt]", "   ")
    page.get_by_role("button", name="Make").click()
    expect(page.locator(".prompt .fault")).to_be_visible()


def test_look_and_language_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("link", name="Konto eröffnen").first).to_be_visible()


def test_a_form_buys_once_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    sign_up(page)
    describe(page, "An island at dusk", 1)
    page.get_by_role("button", name="Make").dblclick()
    expect(page.locator("run-card")).to_have_count(1)
    page.goto("/make/image.generate")
    describe(page, "An island at dusk", 1)
    page.get_by_role("button", name="Make").click()  # the same words, on purpose
    expect(page.locator("run-card")).to_have_count(2)
    page.goto("/wallet")
    expect(page.locator("#balance b")).to_have_text("198")
