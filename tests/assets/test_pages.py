"""The library's pages, with and without scripts, for the maker and for the stranger."""

from __future__ import annotations

import io
import re
import zipfile
from uuid import UUID

import httpx
import pytest
from tests.assets.conftest import SETTINGS, Put, picture
from tests.roles import Person

from atelier.media.imprint import read_settings

HX = {"HX-Request": "true"}


async def page(person: Person, address: str, **headers: str) -> str:
    answer = await person.client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(html: str) -> list[UUID]:
    return [UUID(id) for id in re.findall(r'<li class="pic[^"]*" id="asset-([^"]+)"', html)]


async def test_an_empty_library_invites(maker: Person) -> None:
    html = await page(maker, "/library")
    assert "What you make and bring will be here." in html
    assert "/make/image.generate?prompt=A+red+boat" in html


async def test_the_library_shows_what_was_made_newest_first(maker: Person, stranger: Person, put: Put) -> None:
    first = await put(maker, "A red boat", size=(768, 1024))
    second = await put(maker, "Hills <script>", size=(1600, 900))
    html = await page(maker, "/library")
    assert shown(html) == [second.id, first.id]
    assert "2 files" in html
    assert 'alt="Hills &lt;script&gt;" width="1600" height="900"' in html
    assert 'class="pic shape-16-9"' in html
    assert "style=" not in html
    assert shown(await page(stranger, "/library")) == []
    thumb = re.search(r'src="(/files/[^"]+/thumb[^"]+)"', html)
    assert thumb
    answer = await maker.client.get(thumb[1].replace("&amp;", "&"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")


async def test_words_filters_and_order_come_from_the_address(maker: Person, put: Put) -> None:
    boat = await put(maker, "A red boat on a calm sea")
    forest = await put(maker, "A forest in mist", settings={"tool": "image.generate", "model": "house", "input": {}})
    text = await put(maker, "Notes", data=b"Once", content_type="text/plain", settings={})
    for query, found in {
        "q=boa": [boat.id],
        "q=red+forest": [],
        "kind=text": [text.id],
        "by=image.generate+house": [forest.id],
        "sort=oldest": [boat.id, forest.id, text.id],
        "kind=nonsense&sort=upside&source=%00": [text.id, forest.id, boat.id],
        "q=%00": [text.id, forest.id, boat.id],
        "q=%ff": [],
    }.items():
        assert shown(await page(maker, f"/library?{query}")) == found, query
    html = await page(maker, "/library?q=xylophone")
    assert "Nothing here answers to that." in html
    assert 'value="xylophone"' in html


@pytest.mark.parametrize("path", ["/library", "/library/choices"])
async def test_a_search_that_is_too_long_says_so(maker: Person, put: Put, path: str) -> None:
    await put(maker, "A red boat")
    said = "A search takes at most 200 characters; only the first 200 were searched."
    assert said in await page(maker, f"{path}?q={'boat ' * 41}x")
    assert said not in await page(maker, f"{path}?q={'b' * 200}")


async def test_pages_follow_each_other_and_the_total_stays_true(maker: Person, put: Put) -> None:
    made = [(await put(maker, f"Boat {n}", data=b"x", content_type="text/plain", settings={})).id for n in range(50)]
    html = await page(maker, "/library?q=boat")
    assert shown(html) == made[:-49:-1]
    assert "50 found" in html
    after = re.search(r'hx-get="([^"]+cursor[^"]+)"', html)
    assert after
    address = after[1].replace("&amp;", "&")
    piece = await page(maker, address, **HX)
    assert shown(piece) == [made[1], made[0]]
    assert "<html" not in piece
    whole = await page(maker, address)
    assert shown(whole) == [made[1], made[0]]
    assert "50 found" in whole
    assert (await maker.client.get("/library?cursor=garbage")).status_code == 422


async def test_the_page_of_one_picture(maker: Person, stranger: Person, put: Put) -> None:
    older, asset, newer = [await put(maker, name) for name in ("Older", "A red boat", "Newer")]
    html = await page(maker, f"/library/{asset.id}")
    assert "A red boat, “calm” sea &lt;b&gt;" in html  # the prompt
    assert f"/make/image.generate?from={asset.id}&amp;vary=1" in html
    assert f'rel="prev" href="/library/{newer.id}"' in html
    assert f'rel="next" href="/library/{older.id}"' in html
    assert '<dt>Seed</dt><dd class="num">7</dd>' in html
    alone = await page(maker, f"/library/{asset.id}?q=red")
    assert 'rel="prev"' not in alone
    assert (await stranger.client.get(f"/library/{asset.id}")).status_code == 404
    assert (await maker.client.get("/library/nonsense")).status_code == 404


async def test_many_are_deleted_and_brought_back_without_scripts(maker: Person, put: Put) -> None:
    made = [(await put(maker, f"Boat {n}")).id for n in range(3)]
    gone = await maker.client.post("/library/deletions?q=boat", data={"ids": [str(id) for id in made[:2]]})
    assert gone.status_code == 303
    html = await page(maker, gone.headers["location"])
    assert shown(html) == [made[2]]
    assert "2 deleted." in html
    undo = re.search(r'action="(/library/restorations[^"]+)"', html)
    assert undo
    back = await maker.client.post(undo[1].replace("&amp;", "&"))
    assert back.headers["location"] == "/library?q=boat"
    html = await page(maker, gone.headers["location"])
    assert len(shown(html)) == 3
    assert "deleted." not in html


async def test_with_scripts_only_what_changed_comes_back(maker: Person, put: Put) -> None:
    made = [(await put(maker, f"Boat {n}")).id for n in range(2)]
    answer = await maker.client.post("/library/deletions", data={"ids": [str(made[0])]}, headers=HX)
    assert f'<li id="asset-{made[0]}" hx-swap-oob="delete"></li>' in answer.text
    assert "1 file<" in answer.text
    assert "/library/restorations?deletion=" in answer.text


async def test_a_stranger_changes_nothing(maker: Person, stranger: Person, put: Put) -> None:
    asset = await put(maker)
    attempts: list[tuple[str, dict[str, str]]] = [
        (f"/library/{asset.id}/favourite", {"on": "1"}),
        (f"/library/{asset.id}/title", {"title": "Mine now"}),
        (f"/library/{asset.id}/deletion", {}),
        ("/library/bundle", {"ids": str(asset.id)}),
    ]
    for address, form in attempts:
        assert (await stranger.client.post(address, data=form)).status_code == 404, address
    await stranger.client.post("/library/deletions", data={"ids": str(asset.id)})
    html = await page(maker, f"/library/{asset.id}")
    assert "Mine now" not in html
    assert 'aria-pressed="false"' in html
    gone = await maker.client.post(f"/library/{asset.id}/deletion")
    stamp = gone.headers["location"].partition("deleted=")[2]
    await stranger.client.post(f"/library/restorations?deletion={stamp}")
    assert (await maker.client.get(f"/library/{asset.id}")).status_code == 404


async def test_favourites_and_titles(maker: Person, put: Put) -> None:
    asset = await put(maker)
    answer = await maker.client.post(f"/library/{asset.id}/favourite", data={"on": "1"}, headers=HX)
    assert answer.status_code == 204
    assert shown(await page(maker, "/library?favourites=1")) == [asset.id]
    plain = await maker.client.post(
        f"/library/{asset.id}/favourite", data={"on": "0"}, headers={"referer": "http://studio.test/library?q=red"}
    )
    assert plain.headers["location"] == "/library?q=red"
    elsewhere = {"referer": "https://evil.example//x"}
    plain = await maker.client.post(f"/library/{asset.id}/favourite", data={"on": "0"}, headers=elsewhere)
    assert plain.status_code == 403  # a write from another site
    assert shown(await page(maker, "/library?favourites=1")) == []

    await maker.client.post(f"/library/{asset.id}/title", data={"title": " The zeppelin "})
    assert shown(await page(maker, "/library?q=zepp")) == [asset.id]
    assert shown(await page(maker, "/library?q=boat")) == []
    refused = await maker.client.post(f"/library/{asset.id}/title", data={"title": " \u200b "})
    assert refused.status_code == 422
    assert "at least one visible character" in refused.text


async def test_an_archive_of_what_is_selected(maker: Person, put: Put) -> None:
    made = [await put(maker, f"Ein rotes Boot über {n}/..\\") for n in range(3)]
    answer = await maker.client.post("/library/bundle", data={"ids": [str(each.id) for each in made]})
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 3
    assert all(each.compress_type == zipfile.ZIP_STORED for each in archive.infolist())
    assert not any("/" in name or ".." in name for name in archive.namelist())
    name = next(name for name in archive.namelist() if name.startswith("ein-rotes-boot-über-2"))
    assert read_settings(archive.read(name)) == SETTINGS


@pytest.mark.parametrize("action", ["deletions", "bundle"])
async def test_nothing_selected_or_too_much(maker: Person, action: str) -> None:
    answer = await maker.client.post(f"/library/{action}", headers={"accept": "application/json"})
    assert answer.json()["code"] == "nothing_selected"
    ids = ["00000000-0000-7000-8000-000000000000"] * 501
    answer = await maker.client.post(f"/library/{action}", data={"ids": ids}, headers={"accept": "application/json"})
    assert answer.json()["code"] == "too_many_selected"


async def test_a_picture_is_brought_without_scripts(maker: Person) -> None:
    answer = await maker.client.post("/library/uploads", files={"file": ("My_boat.png", picture(), "image/png")})
    assert answer.status_code == 303
    html = await page(maker, answer.headers["location"])
    assert "<h1>My boat</h1>" in html
    assert "brought along" in html
    assert "/make/" not in html.partition("<main")[2].partition("</main>")[0]


async def test_somebody_signed_out_is_asked_in(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/library")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/library")
