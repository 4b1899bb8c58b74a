"""The editor by hand: a mask painted with the mouse, a crop, a step back, a result; and the same by keys alone (D5)."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.journeys.test_edit import picture
from tests.journeys.test_every_page import faults
from tests.journeys.visitor import sign_up


def brought(page: Page) -> None:
    """A picture of 90 × 120 in the library, open in the editor."""
    page.goto("/library")
    page.locator("asset-upload [type=file]").set_input_files(
        {"name": "square.png", "mimeType": "image/png", "buffer": picture("teal")}
    )
    page.locator('[href^="/library/0"]').first.click()
    page.get_by_role("link", name="Open in the editor").click()
    expect(page.locator("picture-editor[data-ready]")).to_be_visible()


def results(page: Page) -> None:
    expect(page.locator('run-card[data-state="succeeded"]')).to_have_count(1)
    page.locator("run-card figure.pic > a").click()
    page.wait_for_url(re.compile(r"/library/[0-9a-f-]{36}$"))


def test_a_mask_a_crop_a_step_back_and_a_result(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    brought(page)
    box = page.locator("picture-editor canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 20, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.up()
    page.get_by_text("Under the mask").click()
    page.get_by_label("fill from around it").check()
    page.get_by_text("Crop and turn").click()
    page.locator("[data-crop=width]").fill("60")
    page.locator("[data-crop=height]").fill("50")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-crop=height]")).to_have_value("120")
    expect(page.locator("[data-crop=width]")).to_have_value("60")
    page.get_by_role("button", name="Apply").click()
    results(page)
    expect(page.get_by_text("60 × 120")).to_be_visible()
    assert not faults(page)


def test_the_keyboard_alone(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    brought(page)
    page.locator("picture-editor canvas").focus()
    for key in ("]", "ArrowLeft", "Enter", "r", "Enter", "ArrowRight", "ArrowDown", "Enter", "Control+z"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Black and white").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Black and white")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Apply").focus()
    page.keyboard.press("Enter")
    results(page)


def test_nothing_to_do_and_nothing_painted_are_said(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    brought(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing is changed yet")).to_be_visible()
    page.get_by_text("Under the mask").click()
    page.get_by_label("fill from around it").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert").filter(has_text="Paint over what shall be changed")).to_be_visible()
