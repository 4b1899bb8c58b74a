"""The store: whole files or none, in a folder or anywhere else, and a plain word when the disk is full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.assets.conftest import files, picture

from atelier.assets import StorageFull, Store, keep
from atelier.assets.store import BadStore, StorageBroken
from atelier.base.clock import now
from atelier.base.errors import NotFound
from atelier.base.ids import new_id


@pytest.fixture(params=["folder", "memory"])
def any_store(request: pytest.FixtureRequest, folder: Path) -> Store:
    return Store.open(folder if request.param == "folder" else "memory:///")


async def test_what_is_put_can_be_read_whole_and_in_part(any_store: Store) -> None:
    data = os.urandom(700_000)
    await any_store.put("a/b/c.bin", data, "application/octet-stream")
    assert await any_store.get("a/b/c.bin") == data
    assert await any_store.get("a/b/c.bin", 10, 20) == data[10:20]
    assert await any_store.get("a/b/c.bin", 699_990) == data[-10:]
    assert await any_store.get("a/b/c.bin", 5, 5) == b""
    chunks = [len(chunk) async for chunk in any_store.stream("a/b/c.bin")]
    assert sum(chunks) == len(data)
    assert [[each.path for each in part] async for part in any_store.list()] == [["a/b/c.bin"]]
    await any_store.delete("a/b/c.bin", "a/never/was")
    with pytest.raises(NotFound):
        await any_store.get("a/b/c.bin")
    await any_store.check()


async def test_a_folder_keeps_nothing_of_what_is_gone(store: Store, folder: Path) -> None:
    await store.put("x/2026/11/a.png", b"x", "image/png")
    await store.delete("x/2026/11/a.png")
    assert list(folder.iterdir()) == []


async def test_half_written_files_of_the_dead_are_dropped(store: Store, folder: Path) -> None:
    await store.put("x/a.png", b"x", "image/png")
    (folder / "x/b.png#1").write_bytes(b"half")
    assert await store.drop_unfinished(now() - timedelta(hours=1)) == 0
    assert await store.drop_unfinished(now() + timedelta(seconds=5)) == 1
    assert files(folder) == ["x/a.png"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    at = tmp_path / "disk"
    at.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(at)], capture_output=True)
    if done.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield at
    subprocess.run(["umount", str(at)], check=True)


async def test_a_full_disk_is_said_and_leaves_no_half_file(small_disk: Path) -> None:
    store = Store.open(small_disk / "files")
    await store.put("x/a.bin", b"x" * 100_000, "application/octet-stream")
    with pytest.raises(StorageFull) as error:
        await store.put("x/b.bin", b"x" * 900_000, "application/octet-stream")
    assert error.value.retry
    with pytest.raises(StorageFull):  # its thumbnail fits, the file doesn't: neither stays
        await keep(store, new_id(), picture(size=(300, 400)) + os.urandom(900_000), "image/png")
    assert files(small_disk) == ["files/x/a.bin"]
    await store.put("x/b.bin", b"x" * 1000, "application/octet-stream")


async def test_a_folder_that_went_away_is_a_broken_store(store: Store, folder: Path) -> None:
    folder.rmdir()
    folder.write_text("a file where the folder was")
    with pytest.raises(StorageBroken):
        await store.put("x/a.bin", b"x", "application/octet-stream")


@pytest.mark.parametrize("where", ["ftp://host/files", "s3://", "nonsense://x"])
def test_an_address_that_is_no_store_is_refused(where: str) -> None:
    with pytest.raises(BadStore, match="cannot be opened"):
        Store.open(where)


async def test_a_bucket_signs_its_own_links(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    store = Store.open("s3://bucket/studio")
    assert store.remote
    link = await store.link("a/b.png", timedelta(minutes=30))
    assert link.startswith("https://s3.eu-west-1.amazonaws.com/bucket/studio/a/b.png?")
    assert "X-Amz-Expires=1800" in link
