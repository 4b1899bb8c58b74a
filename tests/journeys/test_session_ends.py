"""A session ends while a form is filled in: after signing in again everything is there, and nothing was sent."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import psycopg
from playwright.sync_api import Page, expect
from tests.journeys.visitor import PASSWORD, expecting, operates, sign_in, sign_up


def end_session(page: Page) -> None:
    """Have the browser lose its session, as after 30 days."""
    page.context.clear_cookies(name="atelier")


def test_the_form_of_a_picture_comes_back(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 401)
    email = sign_up(page)
    page.fill("[name=prompt]", "A red boat\non a calm sea")
    page.locator("[name=count]").fill("2")
    page.get_by_role("radio", name="16:9").check(force=True)
    page.get_by_text("Finer settings").click()
    page.fill("[name=negative_prompt]", "fog")
    page.get_by_role("radio", name="Fixed").check(force=True)
    page.fill("[name=seed]", "77")
    end_session(page)
    page.click("[data-go]")
    sign_in(page, email)
    expect(page.locator("[name=prompt]")).to_have_value("A red boat\non a calm sea")
    expect(page.locator("[name=count]")).to_have_value("2")
    expect(page.locator("[name=aspect_ratio]:checked")).to_have_value("16:9")
    expect(page.locator("[name=negative_prompt]")).to_have_value("fog")
    expect(page.locator("[name=seed_choice]:checked")).to_have_value("fixed")
    expect(page.locator("[name=seed]")).to_have_value("77")
    expect(page.locator("run-card")).to_have_count(0)
    page.click("[data-go]")
    expect(page.locator("run-card")).to_have_count(1)


def varied(seed: int) -> str:
    """Text as long as a prompt may be, which cannot be packed small."""
    return "".join(chr(0x4E00 + letter) for letter in Random(seed).choices(range(20_000), k=2000))


def come_back(other: Page, email: str) -> None:
    """Sign in in another tab."""
    other.fill("[name=email]", email)
    other.fill("[name=password]", PASSWORD)
    other.press("[name=password]", "Enter")
    expect(other.get_by_role("button", name="your account")).to_be_visible()


def test_a_form_that_is_too_long_to_be_kept_stays_on_its_page(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 401)
    email = sign_up(page)
    page.fill("[name=prompt]", varied(1))
    page.get_by_text("Finer settings").click()
    page.fill("[name=negative_prompt]", varied(2))
    end_session(page)
    page.click("[data-go]")
    expect(page.locator("toast-stack")).to_contain_text("Leave this page open, sign in in another tab")
    other = page.context.new_page()
    other.goto("/sign-in")
    come_back(other, email)
    page.click("[data-go]")
    expect(page.locator("run-card")).to_have_count(1)


def test_without_scripts_it_can_be_sent_from_the_answer(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    expecting(page, 401)
    email = sign_up(page)
    page.fill("[name=prompt]", varied(1))
    page.get_by_text("Finer settings").click()
    page.fill("[name=negative_prompt]", varied(2))
    end_session(page)
    page.click("[data-go]")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(varied(1))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in another tab").click()
    come_back(opened.value, email)
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url("**/make/image.generate#run-*")
    expect(page.locator("run-card")).to_have_count(1)


def test_without_scripts_it_is_sent_by_one_button(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    email = sign_up(page)
    page.fill("[name=prompt]", "A red boat")
    end_session(page)
    page.click("[data-go]")
    sign_in(page, email)
    expect(page.get_by_text("A red boat")).to_be_visible()
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url("**/make/image.generate#run-*")
    expect(page.locator("run-card")).to_have_count(1)


def test_the_word_on_an_invitation_comes_back(visit: Callable[..., Page], studio_database: str) -> None:
    page = visit()
    email = sign_up(page)
    with psycopg.connect(studio_database, autocommit=True) as db:
        db.execute("UPDATE members SET role = 'operator' WHERE email = %s", (email,))
    operates(lambda: page.request.get("/console").status)
    page.goto("/console/invitations")
    page.fill("[name=note]", "Come and paint with us")
    page.fill("[name=email]", "guest@example.org")
    end_session(page)
    page.press("[name=note]", "Enter")
    sign_in(page, email)
    page.wait_for_url("**/console/invitations")
    expect(page.locator("[name=note]")).to_have_value("Come and paint with us")
    expect(page.locator("[name=email]")).to_have_value("guest@example.org")
    expect(page.get_by_text("guest@example.org")).to_have_count(0)  # no invitation was made
