"""The library by hand: keys, Shift-click, undo, a search that answers while one types, pictures brought along."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from tests.journeys.visitor import expecting, sign_up


def picture(colour: str, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 120), colour).save(out, kind)
    return out.getvalue()


def bring(page: Page, *names: str) -> None:
    """Bring pictures into the library and wait until they hang there."""
    there = page.locator(".gallery > .pic").count()
    files = [FilePayload(name=f"{name}.png", mimeType="image/png", buffer=picture(name)) for name in names]
    page.set_input_files("asset-upload [name=file]", files)
    expect(page.locator(".gallery > .pic")).to_have_count(there + len(names))


def chosen(page: Page) -> int:
    return page.locator("[name=ids]:checked").count()


def test_by_keys_and_back(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    expect(page.get_by_text("What you make and bring will be here.")).to_be_visible()
    bring(page, "red", "green", "blue", "gold")
    links = page.locator(".gallery > .pic > a")
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator(".gallery > .pic").nth(1).locator("form button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(" ")
    page.keyboard.press("Shift+ArrowRight")
    assert chosen(page) == 2
    expect(page.locator(".chosen output")).to_have_text("2 selected")
    page.keyboard.press("Escape")
    assert chosen(page) == 0
    page.keyboard.press(" ")
    page.keyboard.press("Delete")
    expect(page.locator(".gallery > .pic")).to_have_count(3)
    expect(page.locator("#total")).to_have_text("3 files")
    expect(links.nth(2)).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".gallery > .pic")).to_have_count(4)
    first = page.locator(".gallery > .pic > a").first
    there = str(first.get_attribute("href"))  # two files come in at a time, so any of two may be the newest
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{there}")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: re.search(r"/library/[0-9a-f-]{36}$", url) is not None and not url.endswith(there))
    page.keyboard.press("Escape")
    page.wait_for_url("**/library#*")


def test_with_shift_and_while_typing(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    bring(page, "red", "green", "blue", "gold")
    boxes = page.locator(".pick input")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    assert chosen(page) == 3
    page.locator(".gallery > .pic > a").nth(3).click()  # while choosing, a click chooses
    assert chosen(page) == 4
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).last.click()
    assert download.value.suggested_filename.endswith(".zip")
    page.fill("#find-here", "gre")
    expect(page.locator(".gallery > .pic")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/library\?q=gre"))
    page.fill("#find-here", "zeppelin")
    expect(page.get_by_text("Nothing here answers to that.")).to_be_visible()


def test_what_is_refused_is_said(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    expecting(page, 415)
    page.set_input_files(
        "[name=file]", [FilePayload(name="x.png", mimeType="image/png", buffer=b"<svg onload=alert(1)>")]
    )
    expect(page.locator("#uploads li")).to_contain_text("Documents that can carry programs")
    expect(page.get_by_text("What you make and bring will be here.")).to_be_visible()


def test_without_scripts_too(visit: Callable[..., Page]) -> None:
    scripted = visit()
    sign_up(scripted)
    scripted.goto("/library")
    bring(scripted, "red", "blue")
    page = visit(scripts=False, state=scripted.context.storage_state())
    page.goto("/library")
    page.locator("[name=ids]").first.check(force=True)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".gallery > .pic")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".gallery > .pic")).to_have_count(2)


def test_back_leads_to_the_whole_page_of_the_search_before(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    bring(page, "red", "green")
    order = page.locator("[name=sort]")
    for wanted in ("oldest", "largest"):
        order.select_option(wanted)
        expect(page).to_have_url(re.compile(f"sort={wanted}"))
    for wanted, address in (("oldest", r"sort=oldest"), ("", r"/library$")):
        page.evaluate("document.body.dataset.before = ''")
        page.go_back()
        expect(page).to_have_url(re.compile(address))
        expect(page.locator("body[data-before]")).to_have_count(0)
        expect(page.locator("nav.rail")).to_be_visible()
        expect(order).to_have_value(wanted)
        expect(page.locator(".gallery > .pic")).to_have_count(2)
