"""A picture is changed by hand (B1, F10): from it to its edit by one click, by keys, and without a script."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from tests.journeys.conftest import free_port, fresh_database, opened
from tests.journeys.test_every_page import faults
from tests.journeys.visitor import expecting, make, sign_in, sign_up

from atelier.base.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def studio(postgres: EmbeddedPostgres, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A studio whose house model is tiny and knows nothing, which is all that a journey needs."""
    home = tmp_path_factory.mktemp("edits")
    shutil.copytree(tiny, home / "house" / "weights" / "model")
    with (
        fresh_database(postgres) as database,
        opened(database, home, free_port(), "serve", "work", ATELIER_EXTRAS="local") as address,
    ):
        yield address


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 120), colour).save(out, "PNG")
    return out.getvalue()


def go(page: Page) -> None:
    """Make what the form says, and wait until it is there; the first time all libraries are read."""
    before = page.locator('run-card[data-state="succeeded"]').count()
    page.click("[data-go]")
    expect(page.locator('run-card[data-state="succeeded"]')).to_have_count(before + 1, timeout=60_000)


def test_from_words_to_a_picture_to_its_edit(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    expect(page.locator("[name=model]:checked")).to_have_value("house")
    page.locator("#knows summary").click()
    expect(page.get_by_text("House knows one painted world")).to_be_visible()
    page.get_by_role("button", name="a red boat", exact=True).click()
    expect(page.locator("[name=prompt]")).to_have_value("a red boat")
    page.locator("[name=count]").fill("2")
    go(page)
    page.locator("figure.pic").nth(1).hover()
    page.locator("figure.pic").nth(1).get_by_label("Edit").click()
    page.wait_for_url("**/make/image.edit?image=*")
    expect(page.locator("[data-shown] img")).to_be_visible()
    page.fill("[name=instruction]", "make the boat yellow")
    go(page)
    assert not faults(page)
    page.locator("run-card h2 a").click()
    page.get_by_role("link", name="this picture").click()
    page.wait_for_url(re.compile(r"/library/[0-9a-f-]{36}$"))
    page.get_by_role("link", name="Edit", exact=True).last.click()
    page.wait_for_url("**/make/image.edit?image=*")


def test_another_model_brings_its_own_words_and_beginnings(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    steps, guidance = page.locator("[name=steps]"), page.locator("[name=guidance]")
    page.get_by_text("Finer settings").click()
    guidance.fill("2")
    page.get_by_role("radio", name="Sketch").check(force=True)
    expect(page.locator("#knows summary")).to_have_text(re.compile("What Sketch can paint"))
    assert (steps.input_value(), guidance.input_value()) == ("32", "2")  # what was changed by hand stays
    page.get_by_role("radio", name="House").check(force=True)
    expect(page.locator("#knows summary")).to_have_text(re.compile("What House understands"))
    assert (steps.input_value(), guidance.input_value()) == ("20", "2")


def test_a_picture_is_chosen_by_keys_alone(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.get_by_role("radio", name="Sketch").check(force=True)
    make(page, "A lighthouse", 4)
    page.goto("/make/image.edit")
    page.get_by_role("button", name="Library").focus()
    page.keyboard.press("Enter")
    choices = page.locator("[data-choice]")
    expect(choices).to_have_count(4)
    assert not faults(page)
    page.keyboard.type("light")
    expect(choices).to_have_count(4)
    page.keyboard.press("ArrowDown")
    expect(choices.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(choices.nth(1)).to_be_focused()
    wanted = choices.nth(1).get_attribute("data-choice")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.choosing")).not_to_be_visible()
    expect(page.locator("[name=image]:checked")).to_have_value(str(wanted))
    expect(page.locator("[name=image]:checked")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[name=image]:checked")).not_to_have_value(str(wanted))


def test_a_picture_is_brought_along(visit: Callable[..., Page]) -> None:
    page = visit(width=390)
    expecting(page, 415)
    sign_up(page)
    page.goto("/make/image.edit")
    page.set_input_files("[data-bring]", FilePayload(name="gold.png", mimeType="image/png", buffer=picture("gold")))
    expect(page.locator("[data-shown] img")).to_have_attribute("alt", "gold")
    page.set_input_files("[data-bring]", FilePayload(name="x.svg", mimeType="image/svg+xml", buffer=b"<svg/>"))
    expect(page.get_by_text("Documents that can carry programs")).to_be_visible()
    expect(page.locator("[name=image]:checked")).to_have_count(1)
    page.fill("[name=instruction]", "make it blue")
    go(page)


def test_a_session_that_ends_loses_neither_instruction_nor_picture(visit: Callable[..., Page]) -> None:
    page = visit()
    expecting(page, 401)
    email = sign_up(page)
    page.goto("/make/image.edit")
    for colour in ("gold", "red"):
        one = FilePayload(name=f"{colour}.png", mimeType="image/png", buffer=picture(colour))
        page.set_input_files("[data-bring]", one)
        expect(page.locator("[data-shown] img")).to_have_attribute("alt", colour)
    page.locator("[name=image]").nth(1).check(force=True)
    wanted = page.locator("[name=image]:checked").get_attribute("value")
    page.fill("[name=instruction]", "make it blue")
    page.locator("[name=count]").fill("3")
    page.context.clear_cookies(name="atelier")
    page.click("[data-go]")
    sign_in(page, email)
    expect(page.locator("[name=instruction]")).to_have_value("make it blue")
    expect(page.locator("[name=image]:checked")).to_have_value(str(wanted))
    expect(page.locator("[name=count]")).to_have_value("3")
    expect(page.locator("run-card")).to_have_count(0)  # nothing is sent by itself


def test_it_works_without_a_script(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    sign_up(page)
    page.goto("/make/image.edit")
    page.set_input_files("[name=file]", FilePayload(name="red.png", mimeType="image/png", buffer=picture("red")))
    page.get_by_role("button", name="Bring it").click()
    page.wait_for_url("**/make/image.edit?image=*")
    expect(page.locator("[name=image]:checked")).to_have_count(1)
    page.fill("[name=instruction]", "make it blue")
    page.locator("[data-go]").click()
    page.wait_for_url("**/make/image.edit#run-*")
    expect(page.locator("run-card")).to_have_count(1)


def test_the_editor_changes_what_is_under_a_painted_mask_by_words(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    sent: FilePayload = {"name": "square.png", "mimeType": "image/png", "buffer": picture("teal")}
    page.locator("asset-upload [type=file]").set_input_files(sent)
    page.locator('[href^="/library/0"]').first.click()
    page.get_by_role("link", name="Open in the editor").click()
    expect(page.locator("picture-editor[data-ready]")).to_be_visible()
    page.locator("picture-editor canvas").focus()
    page.keyboard.press("Enter")  # a dab of the brush in the middle
    page.get_by_label("Say what shall be different").fill("make the boat yellow")
    expect(page.locator("[data-price]").last).to_have_text("1 credit")
    page.get_by_role("button", name="Change").click()
    expect(page.locator('picture-editor run-card[data-state="succeeded"]')).to_have_count(1, timeout=120_000)
    assert not faults(page)
