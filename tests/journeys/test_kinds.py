"""A library of every kind: brought at once, shown each in its way, and refused with a name and a reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import FilePayload, Page, expect
from tests.journeys.test_every_page import COLOURS, RULES, faults
from tests.journeys.test_library import picture
from tests.journeys.visitor import expecting, sign_up
from tests.media.recorded import recorded, weights

STORY = "# The boat\n\nOnce upon a time there was a red boat on a calm sea.\nIt waited for somebody to row it.\n" * 8
GOOD = {
    "harbour.png": picture("teal"),
    "A voice in the wind.mp3": recorded("mp3"),
    "Waves at noon.mp4": recorded("mp4"),
    "story.md": STORY.encode(),
    "Ink lines.safetensors": weights(ss_base_model_version="sdxl_base_v1-0", ss_network_dim="16"),
}
# each member's pictures as if they had been made of all else that the member has
MADE_OF_ALL = """
INSERT INTO made_of (asset_id, source_id, member_id, field)
SELECT made.id, source.id, made.member_id, 'image' FROM assets made JOIN assets source USING (member_id)
WHERE made.kind = 'image' AND source.kind <> 'image' ON CONFLICT DO NOTHING"""
BAD = {"half.mp4": recorded("mp4")[:9000], "zip.mp3": b"PK\x03\x04" + bytes(100)}


def sent(files: dict[str, bytes]) -> list[FilePayload]:
    return [FilePayload(name=name, mimeType="application/octet-stream", buffer=data) for name, data in files.items()]


def look(page: Page, name: str) -> None:
    """Keep a picture of the page where `SHOTS` names a folder, for somebody to look at."""
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_every_kind_comes_in_and_is_shown(
    visit: Callable[..., Page], studio_database: str, width: int, dark: bool
) -> None:
    page = visit(width=width, dark=dark)
    sign_up(page)
    page.goto("/library")
    look(page, f"empty-{width}")
    expecting(page, 415, 422)
    page.set_input_files("asset-upload [name=file]", sent(GOOD | BAD))
    expect(page.locator(".gallery > .pic")).to_have_count(len(GOOD))
    refused = page.locator("upload-list li", has_text="half.mp4")
    expect(refused).to_contain_text("damaged or incomplete")
    expect(page.locator("upload-list li", has_text="zip.mp3")).to_contain_text("does not take this kind of file")
    look(page, f"library-{width}")
    rules = COLOURS if dark else RULES
    assert not faults(page, rules)
    page.get_by_role("button", name="Close this list").click()
    for kind, shown in (
        ("audio", "sound-player .waves"),
        ("video", "video[poster]"),
        ("text", ".excerpt"),
        ("model", ".weights dl"),
    ):
        page.goto(f"/library?kind={kind}")
        expect(page.locator(".gallery > .pic")).to_have_count(1)
        page.locator(".gallery > .pic > a").click()
        expect(page.locator(shown)).to_be_visible()
        look(page, f"{kind}-{width}")
        assert not faults(page, rules)
    with psycopg.connect(studio_database) as db:
        db.execute(MADE_OF_ALL)
    page.goto("/library?kind=image")
    page.locator(".gallery > .pic > a").click()
    expect(page.get_by_role("region", name="Made from").get_by_role("link")).to_have_count(len(GOOD) - 1)
    look(page, f"lineage-{width}")
    assert not faults(page, rules)
    page.get_by_role("region", name="Made from").get_by_role("link", name="Waves at noon").click()
    expect(page.get_by_role("region", name="Used in").get_by_role("link", name="harbour")).to_be_visible()


def test_a_sound_plays_from_where_its_waveform_is_pointed_at(visit: Callable[..., Page]) -> None:
    page = visit()
    sign_up(page)
    page.goto("/library")
    page.set_input_files("asset-upload [name=file]", sent({"tone.wav": recorded("wav")}))
    page.locator(".gallery > .pic > a").click()
    page.locator("audio").evaluate(
        "audio => audio.readyState || new Promise(known => audio.addEventListener('loadedmetadata', known))"
    )
    page.locator(".waves").click(position={"x": 300, "y": 50})
    at = page.evaluate("document.querySelector('audio').currentTime")
    assert 0.3 < at < 1.9
