"""Each kind of file comes in by its content, is measured, and leaves outside what else its file carried."""

from __future__ import annotations

import asyncio
import struct
import zipfile
from datetime import timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.assets.conftest import Put, files, job_of
from tests.media.recorded import SECRET, recorded, tensor, tone, weights
from tests.roles import Person

from atelier.assets import Asset, Store, intake
from atelier.assets.intake import Brought, Refused, accept
from atelier.assets.lineage import connect
from atelier.assets.sweep import sweep
from atelier.base.clock import now
from atelier.base.db import Acting, Database
from atelier.base.file_limits import limits_of
from atelier.base.ids import new_id
from atelier.media.pool import Pool

JSON = {"accept": "application/json"}


async def taken(folder: Path, data: bytes, name: str, limits: str = "") -> Brought:
    store = Store.open(folder)
    with store.spool(data) as file:
        return await accept(store, new_id(), file, limits_of(limits), name=name)


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [
        ("mp3", "audio/mpeg"),
        ("wav", "audio/wav"),
        ("flac", "audio/flac"),
        ("ogg", "audio/ogg"),
        ("m4a", "audio/mp4"),
        ("mp4", "video/mp4"),
        ("mov", "video/mp4"),
        ("webm", "video/webm"),
    ],
)
async def test_a_recording_is_measured_and_forgets_where_it_comes_from(
    ending: str, content_type: str, tmp_path: Path
) -> None:
    data = recorded(ending)
    assert SECRET.encode() in data
    brought = await taken(tmp_path, data, f"x.{ending}")
    facts, kept, small = brought.laid.facts, brought.laid.file.read(), brought.laid.thumb.read()
    brought.laid.close()
    assert facts["content_type"] == content_type
    assert (facts["bytes"], b"Secret" in kept, b"52.52" in kept) == (len(kept), False, False)
    assert 1.9 < facts["measures"]["seconds"] < 2.2
    if content_type.startswith("video/"):
        assert (facts["width"], facts["height"]) == (320, 180)
        assert small[8:12] == b"WEBP"
    else:
        assert 30 <= len(facts["measures"]["peaks"]) <= 200
        assert max(facts["measures"]["peaks"]) > 5
        assert small == b""


async def test_a_film_without_pictures_is_a_sound(tmp_path: Path) -> None:
    data = recorded("mp4", "-vn")
    brought = await taken(tmp_path, data, "voice.mp4")
    brought.laid.close()
    assert brought.laid.facts["content_type"] == "audio/mp4"


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("a.txt", b"\xef\xbb\xbfOnce upon a time\nthere was a boat.\n", "text/plain"),
        ("a.md", "# Ein schöner Tag\n".encode(), "text/markdown"),
        ("a.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "text/vtt"),
        ("a.srt", b"1\r\n00:00:00,000 --> 00:00:01,000\r\nHello\r\n", "application/x-subrip"),
        ("a.JSON", b'{"a": [1, 2]}', "application/json"),
    ],
)
async def test_a_text_is_known_by_its_name_and_checked(
    name: str, data: bytes, content_type: str, tmp_path: Path
) -> None:
    brought = await taken(tmp_path, data, name)
    kept = brought.laid.file.read()
    brought.laid.close()
    assert brought.laid.facts["content_type"] == content_type
    assert kept == data.removeprefix(b"\xef\xbb\xbf")
    assert brought.laid.facts["measures"]["excerpt"] == kept.decode().strip()


async def test_weights_keep_what_they_are_for_and_forget_whose_they_were(tmp_path: Path) -> None:
    data = weights(ss_base_model_version="sdxl", ss_network_dim="16", ss_output_name=SECRET, ss_dataset_dirs=SECRET)
    brought = await taken(tmp_path, data, "boat.safetensors")
    kept = brought.laid.file.read()
    brought.laid.close()
    assert b"Secret" not in kept
    assert kept.endswith(bytes(16))
    assert brought.laid.facts["measures"] == {
        "tensors": 1,
        "parameters": 8,
        "types": ["F16"],
        "base": "sdxl",
        "rank": "16",
    }


def zipped(inside: bytes = b"x" * 500) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", inside)
    return out.getvalue()


PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile '/etc/passwd'\n"
TWO = {"a": tensor("U8", [10], 0, 10), "b": tensor("U8", [10], 6, 16)}


def ten_hours() -> bytes:
    """An MP4 of few bytes whose header says that one picture stays for ten hours."""
    data = bytearray(recorded("mp4", "-movflags", "+faststart"))
    for name, at in ((b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 24)):
        place = data.find(name)
        while place >= 0:
            scale = struct.unpack(">I", data[place + at : place + at + 4])[0] if name != b"tkhd" else 1000
            struct.pack_into(">I", data, place + at + 4 if name != b"tkhd" else place + at, 36_000 * scale)
            place = data.find(name, place + 4)
    return bytes(data)


def long_header() -> bytes:
    data = bytearray(tone())
    struct.pack_into("<I", data, data.find(b"data") + 4, 4_000_000_000)
    return bytes(data)


BAD: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("a.mp3", b"", "file_empty"),
    "a film cut at its end": ("a.mp4", recorded("mp4")[:9000], "recording_damaged"),
    "a film cut behind its header": (
        "a.mp4",
        recorded("mp4", "-movflags", "+faststart")[: len(recorded("mp4")) // 2],
        "recording_damaged",
    ),
    "a film of ten hours in few bytes": ("a.mp4", ten_hours(), "recording_too_long"),
    "a zip that says it is a sound": ("a.mp3", zipped(), "file_unsupported"),
    "a zip behind the mark of a sound": ("a.mp3", b"ID3\x04\0\0\0\0\0\0" + zipped(), "recording_damaged"),
    "a wav of 4 GB in few bytes": ("a.wav", long_header(), "recording_damaged"),
    "a flac cut in the middle": ("a.flac", recorded("flac")[:9000], "recording_damaged"),
    "a playlist that says it is a film": ("a.mp4", PLAYLIST, "file_unsupported"),
    "a playlist behind the mark of a film": ("a.mp4", b"\0\0\0\x08ftyp" + PLAYLIST, "recording_damaged"),
    "a list of files": ("a.mov", CONCAT, "file_unsupported"),
    "a list of files behind the mark of a sound": ("a.mp3", b"ID3" + CONCAT, "recording_damaged"),
    "a film of another container": ("a.mkv", recorded("mkv"), "file_unsupported"),
    "a film of another container by another name": ("a.webm", recorded("mkv"), "file_unsupported"),
    "an old film": ("a.avi", recorded("avi"), "file_unsupported"),
    "a film that browsers do not play": ("a.mp4", recorded("mp4", "-c:v", "mpeg4"), "codec_unsupported"),
    "a text in another encoding": ("a.txt", "Ein schöner Tag".encode("latin-1"), "text_damaged"),
    "a text with a zero in it": ("a.txt", b"abc\0def", "text_damaged"),
    "a text of spaces": ("a.txt", b"  \n ", "text_damaged"),
    "a page that says it is a text": ("a.txt", b"<html><script>alert(1)</script>", "file_active"),
    "no json": ("a.json", b'{"a": ', "text_damaged"),
    "json of a million brackets": ("a.json", b"[" * 1_000_000, "text_damaged"),
    "subtitles without a cue": ("a.srt", b"hello", "text_damaged"),
    "a pickle that says it is weights": ("a.safetensors", b"\x80\x04cos\nsystem\n(S'id'\ntR.", "weights_damaged"),
    "a pickle": ("a.pt", b"\x80\x04cos\nsystem\n(S'id'\ntR.", "file_unsupported"),
    "weights with a header of 2 GB": ("a.safetensors", struct.pack("<Q", 2**31) + b"{" * 100, "weights_damaged"),
    "weights with a header of 2^63": ("a.safetensors", struct.pack("<Q", 2**63) + b"{" * 100, "weights_damaged"),
    "weights that overlap": ("a.safetensors", weights(TWO), "weights_damaged"),
    "weights with a gap": ("a.safetensors", weights({"a": tensor("U8", [8], 8, 16)}), "weights_damaged"),
    "weights of another size": ("a.safetensors", weights({"a": tensor("F32", [8], 0, 16)}), "weights_damaged"),
    "weights of an unknown type": ("a.safetensors", weights({"a": tensor("OBJ", [16], 0, 16)}), "weights_damaged"),
    "weights of no tensors": ("a.safetensors", weights({}, b""), "weights_damaged"),
    "weights cut": ("a.safetensors", weights()[:-4], "weights_damaged"),
    "weights with more behind": ("a.safetensors", weights() + b"<script>", "weights_damaged"),
    "weights of a negative shape": ("a.safetensors", weights({"a": tensor("U8", [-16], 0, 16)}), "weights_damaged"),
}


@pytest.mark.parametrize("name", BAD)
async def test_each_bad_file_has_its_own_reason(name: str, tmp_path: Path) -> None:
    file, data, code = BAD[name]
    with pytest.raises(Refused) as refused:
        (await taken(tmp_path, data, file)).laid.close()
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert refused.value.message.endswith(".")


async def test_what_is_refused_leaves_nothing_behind(maker: Person, folder: Path, web_db: Database) -> None:
    for file, data, code in (BAD["nothing"], BAD["weights that overlap"], BAD["a text with a zero in it"]):
        answer = await maker.client.post("/api/v1/assets", files={"file": (file, data, "x/y")}, headers=JSON)
        assert answer.json()["code"] == code
    assert files(folder) == []
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assert (await db.execute(select(func.count()).select_from(Asset))).scalar_one() == 0


@pytest.mark.parametrize(
    ("limits", "name", "data", "code"),
    [
        ("audio.seconds=1", "a.mp3", recorded("mp3"), "recording_too_long"),
        ("video.seconds=1", "a.webm", recorded("webm"), "recording_too_long"),
        ("text.megabytes=1", "a.txt", b"a" * 1_000_001, "file_too_large"),
    ],
)
async def test_an_operator_sets_other_limits(limits: str, name: str, data: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        (await taken(tmp_path, data, name, limits)).laid.close()
    assert refused.value.code == code


@pytest.mark.parametrize("written", ["audio.megabytes", "sound.megabytes=1", "audio.pixels=1", "audio.seconds=0"])
def test_a_limit_that_is_none_is_named(written: str) -> None:
    with pytest.raises(ValueError, match=written.partition("=")[0]):
        limits_of(written)


async def test_without_ffmpeg_a_sound_is_refused_with_a_sentence_for_its_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    alone = Pool()
    monkeypatch.setattr(intake, "POOL", alone)
    with pytest.raises(Refused, match="FFmpeg") as refused:
        (await taken(tmp_path, tone(), "a.wav")).laid.close()
    alone.close()
    assert (refused.value.code, refused.value.status) == ("ffmpeg_missing", 501)


async def brought(person: Person, name: str, data: bytes) -> dict[str, Any]:
    answer = await person.client.post("/api/v1/assets", files={"file": (name, data, "x/y")}, headers=JSON)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_film_is_served_in_parts(maker: Person) -> None:
    asset = await brought(maker, "waves.mp4", recorded("mp4"))
    url, client = asset["url"], maker.client
    whole = await client.get(url)
    assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "video/mp4", asset["bytes"])
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-security-policy"].startswith("sandbox")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"].startswith("inline")
    part = await client.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{asset['bytes']}"
    head = await client.head(url, headers={"range": "bytes=-5"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "5", b"")
    beyond = await client.get(url, headers={"range": f"bytes={asset['bytes']}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{asset['bytes']}")
    for condition, status in ((whole.headers["etag"], 206), ('"other"', 200), ("Tue, 01 Dec 2026 00:00:00 GMT", 200)):
        answer = await client.get(url, headers={"range": "bytes=0-0", "if-range": condition})
        assert answer.status_code == status, condition
    poster = await client.get(asset["thumb_url"])
    assert (poster.headers["content-type"], poster.content[8:12]) == ("image/webp", b"WEBP")


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [("a.md", b"# <script>alert(1)</script>", "text/markdown"), ("a.json", b'{"a": "<script>"}', "application/json")],
)
async def test_a_text_is_only_downloaded_and_no_page(name: str, data: bytes, content_type: str, maker: Person) -> None:
    asset = await brought(maker, name, data)
    file = await maker.client.get(asset["url"])
    assert file.headers["content-type"].partition(";")[0] == content_type
    assert file.headers["content-disposition"].startswith("attachment")
    page = await maker.client.get(f"/library/{asset['id']}")
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text


EACH = {
    "a.mp3": recorded("mp3"),
    "a.mp4": recorded("mp4"),
    "a.txt": b"Once upon a time",
    "a.safetensors": weights(ss_base_model_version="<b>sdxl"),
}


@pytest.mark.parametrize("name", EACH)
async def test_each_kind_is_its_members_alone_and_goes_with_all_its_files(
    name: str, maker: Person, stranger: Person, folder: Path, web_db: Database, worker_db: Database, store: Store
) -> None:
    asset = await brought(maker, name, EACH[name])
    for path in (f"/api/v1/assets/{asset['id']}", f"/library/{asset['id']}"):
        assert (await maker.client.get(path)).status_code == 200
        assert (await stranger.client.get(path)).status_code == 404
    listed = await maker.client.get(f"/library?kind={asset['kind']}")
    assert asset["id"] in listed.text
    assert "<b>sdxl" not in listed.text
    archive = await maker.client.post("/library/bundle", data={"ids": asset["id"]})
    with zipfile.ZipFile(BytesIO(archive.content)) as opened:
        (entry,) = opened.infolist()
        assert entry.filename.endswith(f".{name.rpartition('.')[2]}")
        assert entry.file_size == asset["bytes"]
    assert len(files(folder)) == (2 if asset["thumb_url"] else 1)
    assert (await maker.client.delete(f"/api/v1/assets/{asset['id']}")).status_code == 204
    await sweep(worker_db, store, at=now() + timedelta(days=31))
    assert files(folder) == []


async def test_a_run_shows_what_it_made_by_its_kind(
    maker: Person, put: Put, worker_db: Database, web_db: Database
) -> None:
    async with worker_db.transaction(Acting.for_studio()) as db:
        job = await job_of(db, maker.member_id)
    settings = {"tool": "image.generate", "model": "sketch", "input": {}}
    for position, (data, content_type) in enumerate(((tone(), "audio/wav"), (recorded("webm"), "video/webm"))):
        await put(maker, data=data, content_type=content_type, settings=settings, job_id=job, position=position)
    page = (await maker.client.get(f"/jobs/{job}")).text
    assert 'class="wave"' in page
    assert 'class="of-video"' in page
    assert page.count("/original?") == page.count("download=1")  # no recording stands where a picture should


async def test_an_assets_page_shows_what_it_was_made_from_and_used_in(
    maker: Person, stranger: Person, put: Put, worker_db: Database
) -> None:
    source, made, lost = [await put(maker, title) for title in ("A sketch", "A painting", "A study")]
    async with worker_db.transaction(Acting.member(maker.member_id)) as db:
        await connect(db, maker.member_id, [made.id], {"image": [source.id], "style": [lost.id]})
    page = (await maker.client.get(f"/library/{made.id}")).text
    assert "Made from" in page
    assert f'href="/library/{source.id}" title="A sketch"' in page
    assert f'href="/library/{made.id}" title="A painting"' in (await maker.client.get(f"/library/{source.id}")).text
    assert (await stranger.client.get(f"/library/{made.id}")).status_code == 404
    await maker.client.delete(f"/api/v1/assets/{lost.id}")
    assert "A study" not in (await maker.client.get(f"/library/{made.id}")).text
    assert (await maker.client.get(f"/api/v1/assets/{made.id}")).json()["made_of"] == [str(source.id)]
    listed = (await maker.client.get("/api/v1/assets")).json()["items"]
    assert {item["id"]: item["made_of"] for item in listed}[str(made.id)] == [str(source.id)]


async def test_a_text_that_is_made_here_may_be_empty(maker: Person, put: Put) -> None:
    asset = await put(maker, "Silence", data=b"\n", content_type="text/plain")
    assert (await maker.client.get(f"/library/{asset.id}")).status_code == 200


async def test_no_upload_makes_the_studio_ask_another_address(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("asked")
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/a.ts"
        playlist = f"#EXTM3U\n#EXTINF:10.0,\n{url}\n#EXT-X-ENDLIST\n".encode()
        lists = (playlist, f"ffconcat version 1.0\nfile '{url}'\n".encode(), f"[playlist]\nFile1={url}\n".encode())
        marks = (b"", b"\0\0\0\x08ftyp", b"ID3\x04\0\0\0\0\0\0", b"RIFF\0\1\0\0WAVE", b"OggS", b"fLaC")
        for number, (mark, body) in enumerate(product(marks, lists)):
            with pytest.raises(Refused):
                (await taken(tmp_path, mark + body, f"{number}.mp4")).laid.close()
    assert asked == []


async def test_health_says_whether_recordings_can_be_brought(
    maker: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await maker.client.get("/health/ready")).json()["recordings"] == "ok"
    monkeypatch.setenv("PATH", str(tmp_path))
    ready = (await maker.client.get("/health/ready")).json()
    assert (ready["recordings"], ready["storage"]) == ("ffmpeg_missing", "ok")
