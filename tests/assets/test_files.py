"""Files over the wire: cached, resumable, and unable to run; for strangers nothing."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from tests.assets.conftest import SECRET, Put, files
from tests.roles import Person, browser

from atelier.assets import Assets, Store
from atelier.assets.bundle import bundle
from atelier.assets.files import NOTHING, asked_range
from atelier.assets.links import Links
from atelier.assets.naming import name_of
from atelier.people.leaving.rules import name_in_archive


async def test_a_link_needs_no_sign_in_and_its_file_cannot_run(
    maker: Person, visitor: httpx.AsyncClient, put: Put, assets: Assets, folder: Path
) -> None:
    asset = await put(maker)
    answer = await visitor.get(assets.link(asset))
    assert answer.content == (folder / asset.path).read_bytes()
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("inline;")
    assert headers["cache-control"].startswith("private, max-age=")
    assert headers["cache-control"].endswith(", immutable")
    again = await visitor.get(assets.link(asset), headers={"if-none-match": f'W/"x", {headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    saved = await visitor.get(assets.link(asset, download=True))
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="{name_of(asset)}"')
    thumb = await visitor.get(assets.link(asset, "thumb"))
    assert thumb.headers["etag"] != headers["etag"]


async def test_what_is_no_picture_is_only_ever_saved(maker: Person, put: Put, assets: Assets) -> None:
    asset = await put(maker, 'Überraschung\r\n"x"', data=b"<script>", content_type="text/plain", settings={})
    answer = await maker.client.get(assets.link(asset))
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''%C3%BCberraschung-x-" in disposition
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    thumb = assets.link_to(asset.id, maker.member_id, "thumb")
    assert (await maker.client.get(thumb)).content == b"<script>"  # it has none, so the file itself, saved


RANGES: dict[str, tuple[int, tuple[int, int] | None]] = {
    "bytes=0-9": (206, (0, 10)),
    "bytes=100-": (206, (100, 1000)),
    "bytes=-7": (206, (993, 1000)),
    "bytes=990-5000": (206, (990, 1000)),
    "bytes=-5000": (206, (0, 1000)),
    "bytes=1000-": (416, None),
    "bytes=-0": (416, None),
    "bytes=5-2": (200, (0, 1000)),
    "bytes=0-1,5-6": (200, (0, 1000)),
    "lines=1-2": (200, (0, 1000)),
}


async def test_a_download_can_be_resumed(maker: Person, put: Put, assets: Assets) -> None:
    data = bytes(n % 251 for n in range(1000))
    asset = await put(maker, data=data, content_type="application/octet-stream", settings={})
    for asked, (status, part) in RANGES.items():
        answer = await maker.client.get(assets.link(asset), headers={"range": asked})
        assert answer.status_code == status, asked
        if part is None:
            assert answer.headers["content-range"] == "bytes */1000"
            continue
        assert answer.content == data[slice(*part)], asked
        assert answer.headers["content-length"] == str(part[1] - part[0])
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {part[0]}-{part[1] - 1}/1000"
            other = await maker.client.get(assets.link(asset), headers={"range": asked, "if-range": '"another"'})
            assert (other.status_code, other.content) == (200, data)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), st.integers(0, 10**12))
def test_every_range_lies_inside_its_file(header: str, size: int) -> None:
    part = asked_range(header, size)
    assert part is None or part == NOTHING or 0 <= part[0] < part[1] <= size


async def test_links_of_strangers_and_of_the_deleted_lead_nowhere(
    maker: Person, stranger: Person, visitor: httpx.AsyncClient, put: Put, assets: Assets
) -> None:
    asset = await put(maker)
    link = assets.link(asset)
    # signed by us, but in the stranger's name: the database finds no such row for them
    foreign = assets.link_to(asset.id, stranger.member_id)
    for address, status in {
        foreign: 404,
        f"/files/{asset.id}/original": 403,
        link.replace("/original", "/thumb"): 403,
        link.replace(maker.member_id.hex, stranger.member_id.hex): 403,
        Links("another-secret-0123456789-0123456789").make(asset.id, maker.member_id, "original"): 403,
        link.replace(str(asset.id), "nonsense"): 404,
        link.replace("original", "../../secret"): 404,
        link.replace("original", "huge"): 403,
    }.items():
        answer = await stranger.client.get(address)
        assert answer.status_code == status, address
        assert b"PNG" not in answer.content
    await maker.client.post(f"/library/{asset.id}/deletion")
    assert (await visitor.get(link)).status_code == 404


async def test_a_lost_file_is_said_and_no_broken_download(
    maker: Person, put: Put, assets: Assets, folder: Path
) -> None:
    asset = await put(maker)
    for name in files(folder):
        (folder / name).unlink()
    for link in (assets.link(asset), assets.link(asset, "thumb")):
        assert (await maker.client.get(link)).status_code == 404


async def test_a_bucket_sends_its_own_except_into_our_pages(
    app: FastAPI, maker: Person, put: Put, assets: Assets, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await put(maker)
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    bucket = Store.open("s3://bucket")
    app.state.store = Assets(bucket, Links(SECRET))
    async with browser(app) as visitor:
        answer = await visitor.get(assets.link(asset))
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(f"https://s3.eu-west-1.amazonaws.com/bucket/{asset.path}?")
        assert answer.headers["cache-control"] == "no-store"
        app.state.store = Assets(_Elsewhere(assets.store), Links(SECRET))
        shown = await visitor.get(assets.link(asset, "thumb"), headers={"sec-fetch-dest": "image"})
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")


class _Elsewhere(Store):
    """A folder that says it is a bucket, since no bucket can be reached from a test."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._backend)
        self.remote = True


@pytest.mark.parametrize("title", ["सूर्यास्त", "می\u200cخواهم", "ශ්\u200dරී", "ภูเขาน้ำ", "café"])
async def test_a_file_is_called_as_its_title_is_written(maker: Person, put: Put, assets: Assets, title: str) -> None:
    asset = await put(maker, unicodedata.normalize("NFD", title))
    assert asset.title == unicodedata.normalize("NFC", title)
    assert name_of(asset) == f"{title}-{asset.id.hex[-6:]}.png"
    disposition = (await maker.client.get(assets.link(asset, download=True))).headers["content-disposition"]
    plain, full = (part.partition("=")[2] for part in disposition.split("; ")[1:])
    assert unquote(full.removeprefix("UTF-8''")) == name_of(asset)
    assert plain == f'"{"cafe-" if title == "café" else ""}{asset.id.hex[-6:]}.png"'
    assert name_in_archive(asset).split("/")[-1].startswith(f"{title}-")
    archive = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in bundle(assets.store, [asset])])))
    assert archive.namelist() == [name_of(asset)]
