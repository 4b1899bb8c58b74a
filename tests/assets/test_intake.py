"""What members bring: each thing that is refused has its own code, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import ExifTags, Image
from sqlalchemy import func, select
from tests.assets.conftest import SETTINGS, files, picture
from tests.media.hostile import chunk, png
from tests.roles import Person

from atelier.assets import Asset, Store
from atelier.assets.intake import Brought, Refused, accept
from atelier.base.db import Acting, Database
from atelier.base.file_limits import limits_of
from atelier.base.ids import new_id
from atelier.media.imprint import read_settings, write_settings

LARGEST = 20_000_000  # bytes of a picture


def with_zip(data: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("run.class", b"x")
    return out.getvalue()


def with_comment(comment: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


async def taken(folder: Path, member_id: UUID, data: bytes) -> Brought:
    store = Store.open(folder)
    with store.spool(data) as file:
        return await accept(store, member_id, file, limits_of())


GARBAGE: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "image/png", "file_empty"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml", "file_active"),
    "svg that says png": (b"<?xml version='1.0'?><svg/>", "image/png", "file_active"),
    "html": (b"  \n<!doctype html><script>alert(1)</script>", "image/jpeg", "file_active"),
    "html behind a byte order mark": (b"\xef\xbb\xbf<html>", "image/jpeg", "file_active"),
    "pdf": (b"%PDF-1.7\n", "application/pdf", "file_active"),
    "text": (b"A red boat on a calm sea", "text/plain", "file_unsupported"),
    "program": (b"MZ" + b"\0" * 200, "image/png", "file_unsupported"),
    "gif": (picture("GIF"), "image/gif", "file_unsupported"),
    "cut png": (picture(size=(400, 400))[:-300], "image/png", "picture_damaged"),
    "cut jpeg": (picture("JPEG", (900, 900))[:3000], "image/jpeg", "picture_damaged"),
    "cut webp": (picture("WEBP", (900, 900))[:-200], "image/webp", "picture_damaged"),
    "png of a head alone": (picture()[:33], "image/png", "picture_damaged"),
    "51 million pixels": (png(8500, 6000), "image/png", "picture_too_large"),
    "a hundred million pixels": (png(10_000, 10_000), "image/png", "picture_too_large"),
    "four billion pixels": (png(65_000, 65_000), "image/png", "picture_too_large"),
    "one pixel wide and seventy thousand high": (png(1, 70_000, raw=280_000), "image/png", "picture_too_large"),
    "a small lie": (png(1500, 1500, raw=300), "image/png", "picture_damaged"),
    "too many bytes": (picture() + b"\0" * LARGEST, "image/png", "file_too_large"),
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_each_kind_of_garbage_has_its_own_reason(name: str, tmp_path: Path) -> None:
    data, _, code = GARBAGE[name]
    with pytest.raises(Refused) as refused:
        await taken(tmp_path, new_id(), data)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert refused.value.message.endswith(".")


async def test_what_is_refused_leaves_nothing_behind(maker: Person, folder: Path, web_db: Database) -> None:
    for name, (data, content_type, code) in GARBAGE.items():
        answer = await maker.client.post(
            "/api/v1/assets", files={"file": ("x.png", data, content_type)}, headers={"accept": "application/json"}
        )
        assert answer.json()["code"] == code, name
        assert 400 < answer.status_code < 500
    assert files(folder) == []
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assert (await db.execute(select(func.count()).select_from(Asset))).scalar_one() == 0


async def test_a_form_without_a_file(maker: Person) -> None:
    other: dict[str, Any] = {"files": {"other": ("x.png", picture(), "image/png")}}
    forms: list[dict[str, Any]] = [{"data": {"file": "text"}}, other, {"json": {}}]
    for sent in forms:
        answer = await maker.client.post("/api/v1/assets", headers={"accept": "application/json"}, **sent)
        assert answer.json()["code"] == "file_missing", sent


async def test_an_endless_upload_is_cut_off(maker: Person) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n'
        while True:
            sent += 1_000_000
            yield b"\0" * 1_000_000

    headers = {"content-type": "multipart/form-data; boundary=x", "accept": "application/json"}
    answer = await maker.client.post("/api/v1/assets", content=endless(), headers=headers)
    assert answer.json()["code"] == "file_too_large"
    assert sent < LARGEST + 5_000_000


async def test_a_photograph_comes_in_upright_and_without_its_past(maker: Person, folder: Path) -> None:
    photo = Image.new("RGB", (200, 100), "#b93a22")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Camera of Ms Secret"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif, comment=b"taken at home")
    answer = await maker.client.post("/api/v1/assets", files={"file": ("IMG_0042.jpg", out.getvalue(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    assert (asset["width"], asset["height"], asset["title"]) == (100, 200, "IMG 0042")
    assert (asset["source"], asset["content_type"]) == ("uploaded", "image/jpeg")
    original = next(folder.rglob("*.jpg")).read_bytes()
    assert b"Secret" not in original
    assert b"home" not in original
    with Image.open(io.BytesIO(original)) as kept:
        assert len(kept.getexif()) == 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_of_ours_can_be_repeated_wherever_it_was(kind: str, maker: Person) -> None:
    data = write_settings(picture(kind), SETTINGS)
    answer = await maker.client.post("/api/v1/assets", files={"file": ("x", data, f"image/{kind.lower()}")})
    asset = answer.json()
    assert asset["settings"] == SETTINGS
    file = await maker.client.get(asset["url"])
    assert read_settings(file.content) == SETTINGS


HIDDEN = {
    "a zip archive behind it": with_zip(picture()),
    "a script in a comment": with_comment(b"*/ <script >alert(1)</script>"),
    "a program in a comment": with_comment(b"<?php system($_GET[0]); ?>"),
    "a page behind it": picture() + b"<HTML><body onload=alert(1)>",
    "a page in its text": png(8, 8, raw=200, before=[chunk(b"tEXt", b"prompt\0a page: <html><script>alert(1)")]),
}


@pytest.mark.parametrize("name", HIDDEN)
async def test_what_else_a_picture_carries_stays_outside(name: str, maker: Person, folder: Path) -> None:
    answer = await maker.client.post("/api/v1/assets", files={"file": ("x.png", HIDDEN[name], "image/png")})
    assert answer.status_code == 201, answer.text
    for path in folder.rglob("*.*"):
        kept = path.read_bytes().lower() if path.is_file() else b""
        assert not any(sign in kept for sign in (b"script", b"php", b"html", b"pk\x05\x06", b"run.class"))


@pytest.mark.parametrize("claimed", ["image/png", "image/jpeg", "text/plain", "application/octet-stream", ""])
@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
async def test_a_picture_is_what_it_is_whatever_its_name_says(
    kind: str, ending: str, claimed: str, maker: Person
) -> None:
    sent = {"file": ("boat.jpg", picture(kind), claimed)}
    answer = await maker.client.post("/api/v1/assets", files=sent)
    asset = answer.json()
    assert (asset["content_type"], asset["title"]) == (f"image/{kind.lower()}", "boat")
    file = await maker.client.get(asset["url"] + "&download")
    assert f".{ending}" in file.headers["content-disposition"]


async def test_a_picture_of_ours_comes_back_whatever_its_prompt_says(maker: Person) -> None:
    settings = {**SETTINGS, "input": {"prompt": "a page that begins with <html> and <script>, and %PDF-", "seed": 7}}
    data = write_settings(picture(), settings)
    answer = await maker.client.post("/api/v1/assets", files={"file": ("x.png", data, "image/png")})
    assert answer.json()["settings"] == settings


async def test_an_animation_says_that_its_first_picture_was_kept(maker: Person) -> None:
    answer = await maker.client.post("/api/v1/assets", files={"file": ("x.webp", animation("WEBP"), "image/webp")})
    (note,) = answer.json()["notes"]
    assert note["code"] == "first_frame"
    page = await maker.client.get(f"/library/{answer.json()['id']}")
    assert note["message"] in page.text


def animation(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


async def test_a_member_has_one_place_and_others_go_on(tmp_path: Path) -> None:
    """The places are more than what one member takes, so another's file is done while one's own still wait."""
    greedy, other = new_id(), new_id()
    large = picture("PNG", (3000, 3000))
    waiting = [asyncio.create_task(taken(tmp_path, greedy, large)) for _ in range(4)]
    (await taken(tmp_path, other, picture())).laid.close()
    assert sum(task.done() for task in waiting) < 3
    for brought in await asyncio.gather(*waiting):
        brought.laid.close()
