"""What members bring: each thing that is refused has its own code, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from sqlalchemy import func, select
from tests.assets.conftest import SETTINGS, files, picture
from tests.roles import Person

from atelier.assets import Asset
from atelier.assets.imprint import read_settings, write_settings
from atelier.assets.intake import LARGEST, Refused, accept
from atelier.assets.pictures import encode_again, thumbnail
from atelier.base.db import Acting, Database


def png_claiming(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG that says it is of that size, whatever is in it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_zip(data: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("run.class", b"x")
    return out.getvalue()


def with_comment(comment: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


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
    "jpeg that says png": (picture("JPEG"), "image/png", "file_lies"),
    "png that says text": (picture(), "text/plain", "file_lies"),
    "cut png": (picture(size=(400, 400))[:-300], "image/png", "picture_damaged"),
    "cut jpeg": (picture("JPEG", (900, 900))[:3000], "image/jpeg", "picture_damaged"),
    "cut webp": (picture("WEBP", (900, 900))[:-200], "image/webp", "picture_damaged"),
    "png of a head alone": (picture()[:33], "image/png", "picture_damaged"),
    "picture and zip": (with_zip(picture()), "image/png", "file_polyglot"),
    "script in a comment": (with_comment(b"*/ <script >alert(1)</script>"), "image/jpeg", "file_polyglot"),
    "php in a comment": (with_comment(b"<?php system($_GET[0]); ?>"), "image/jpeg", "file_polyglot"),
    "html behind": (picture() + b"<HTML><body onload=alert(1)>", "image/png", "file_polyglot"),
    "51 million pixels": (png_claiming(8500, 6000), "image/png", "picture_too_large"),
    "a hundred million pixels": (png_claiming(10_000, 10_000), "image/png", "picture_too_large"),
    "four billion pixels": (png_claiming(65_000, 65_000), "image/png", "picture_too_large"),
    "a bomb": (png_claiming(7000, 7000, b"\0" * 70_000), "image/png", "picture_bomb"),
    "a small lie": (png_claiming(1500, 1500, b"\0" * 300), "image/png", "picture_damaged"),
    "too many bytes": (picture() + b"\0" * LARGEST, "image/png", "file_too_large"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_each_kind_of_garbage_has_its_own_reason(name: str) -> None:
    data, content_type, code = GARBAGE[name]
    with pytest.raises(Refused) as refused:
        accept(data, content_type)
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


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_picture_is_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    with Image.open(io.BytesIO(accept(out.getvalue()).data)) as taken:
        assert taken.size == (40, 30)
        assert taken.mode in ("L", "RGB", "RGBA")


def ramp(mode: str) -> Image.Image:
    """256 greys from black to white, evenly, in a mode that has room for more than 256."""
    picture = Image.new(mode, (256, 1))
    for level in range(256):
        picture.putpixel((level, 0), level * 257)
    return picture


def greys(data: bytes) -> list[int]:
    with Image.open(io.BytesIO(data)) as taken:
        return list(taken.convert("L").tobytes())


def test_sixteen_bits_of_grey_become_eight_and_none_turns_white() -> None:
    out = io.BytesIO()
    ramp("I;16").save(out, "PNG")
    assert greys(accept(out.getvalue(), "image/png").data) == list(range(256))
    seen = greys(thumbnail(out.getvalue()).data)
    assert max(abs(found - level) for level, found in enumerate(seen)) < 12  # it is a small WebP


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_each_mode_of_deep_greys_keeps_its_ramp(mode: str) -> None:
    picture = ramp(mode)
    picture.format = "PNG"
    assert greys(encode_again(picture)[0]) == list(range(256))


def test_few_greys_in_a_deep_mode_stay_as_they_are() -> None:
    picture = Image.new("I", (256, 1))
    picture.putdata(list(range(256)))
    picture.format = "PNG"
    assert greys(encode_again(picture)[0]) == list(range(256))


def test_deep_greys_of_which_one_is_see_through_keep_their_shades() -> None:
    out = io.BytesIO()
    ramp("I;16").save(out, "PNG", transparency=5 * 257)
    assert greys(accept(out.getvalue(), "image/png").data)[6:] == list(range(6, 256))


def test_see_through_stays_see_through() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 128)).save(out, "PNG")
    with Image.open(io.BytesIO(accept(out.getvalue(), "image/png").data)) as taken:
        assert taken.getpixel((0, 0)) == (255, 0, 0, 128)


def test_a_phones_double_picture_is_a_jpeg() -> None:
    out = io.BytesIO()
    first, second = Image.new("RGB", (60, 40), "red"), Image.new("RGB", (60, 40), "blue")
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert accept(out.getvalue(), "image/jpeg").content_type == "image/jpeg"


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_broken_file_is_refused_and_never_a_crash(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"])), (31, 23)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        accept(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
