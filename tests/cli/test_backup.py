"""`atelier backup` and `restore`: everything comes back, and nothing is overwritten."""

from __future__ import annotations

import json
import shlex
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.base.test_postgres import ODD
from tests.cli.conftest import Run
from tests.cli.opened import Opened, until

from atelier.catalog.catalog import DEFAULT

pytestmark = pytest.mark.usefixtures("begun")

WISH = ("make", "image.generate", "prompt=a lighthouse", "count=1", "seed=3", "--json")


def _files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.glob("files/**/*") if path.is_file()}


def test_a_backup_of_a_running_studio_comes_back_whole(
    atelier: Run, open_studio: Callable[[], Opened], folder: Path, home: Path
) -> None:
    studio = open_studio()
    studio.wait_until_open()
    assert atelier(*WISH, "--out", str(folder / "out")).returncode == 0
    archive, there = folder / "studio.tar", folder / "there"
    taken = json.loads(atelier("backup", str(archive), "--json").stdout)
    assert taken["files"] == len(_files(home)) > 0
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert studio.ask() == 0
    done = atelier("restore", str(archive), "--into", str(there), "--json")
    assert done.returncode == 0, done.stderr
    restored = json.loads(done.stdout)
    assert restored["balanced"]
    assert _files(there) == _files(home)
    before = json.loads(atelier("ledger", "check", "--json").stdout)
    assert json.loads(atelier("ledger", "check", "--json", ATELIER_HOME=str(there)).stdout) == before
    assert atelier(*WISH, "--out", str(folder / "out"), ATELIER_HOME=str(there)).returncode == 0


def test_a_used_folder_is_refused_and_left_alone(atelier: Run, folder: Path, home: Path) -> None:
    archive = folder / "studio.tar"
    assert atelier("backup", str(archive)).returncode == 0
    assert "is there already" in atelier("backup", str(archive)).stderr
    before = sorted(path.name for path in home.iterdir())
    refused = atelier("restore", str(archive))
    assert refused.returncode == 1
    assert (
        refused.stderr
        == f"atelier: {home} is in use, and a restore overwrites nothing: name an empty folder with --into.\n"
    )
    assert sorted(path.name for path in home.iterdir()) == before
    (folder / "mine").mkdir()
    (folder / "mine" / "letter").write_text("dear")
    assert atelier("restore", str(archive), "--into", str(folder / "mine")).returncode == 1
    assert (folder / "mine" / "letter").read_text() == "dear"


def test_a_catalog_in_use_elsewhere_is_left_alone(atelier: Run, folder: Path) -> None:
    archive, there, live = folder / "studio.tar", folder / "there", folder / "live" / "catalog.toml"
    live.parent.mkdir()
    live.write_bytes(DEFAULT.read_bytes() + b"# then\n")
    assert atelier("backup", str(archive), ATELIER_CATALOG=str(live)).returncode == 0
    then = live.read_bytes()
    now = DEFAULT.read_bytes() + b"# now\n"
    live.write_bytes(now)
    done = atelier("restore", str(archive), "--into", str(there), ATELIER_CATALOG=str(live))
    assert done.returncode == 0, done.stderr
    assert (there / "catalog.toml").read_bytes() == then
    assert f"ATELIER_HOME={there} ATELIER_CATALOG={there / 'catalog.toml'} bin/studio" in done.stdout
    refused = atelier("restore", str(archive), ATELIER_HOME=str(folder / "third"), ATELIER_CATALOG=str(live))
    assert refused.returncode == 1
    assert f"{live} holds other models than the archive" in refused.stderr
    assert not any((folder / "third").iterdir())
    assert live.read_bytes() == now
    assert list(live.parent.iterdir()) == [live]


def test_a_damaged_archive_is_refused_and_leaves_nothing(atelier: Run, folder: Path) -> None:
    archive, there = folder / "studio.tar", folder / "there"
    assert atelier(*WISH, "--out", str(folder / "out")).returncode == 0
    assert atelier("backup", str(archive)).returncode == 0
    whole = archive.read_bytes()
    middle = whole.index(b"IDAT") + 5000  # inside a picture
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for damaged, said in (
        (whole[: len(whole) // 2], "was cut short"),
        (b"no archive at all", "is no backup of a studio"),
        (flipped, "is damaged: its checksum is another"),
        (_with_a_stowaway(archive), "which its manifest doesn't name"),
    ):
        archive.write_bytes(damaged)
        refused = atelier("restore", str(archive), "--into", str(there))
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1, refused.stderr
        assert said in refused.stderr
        assert not there.exists() or not any(there.iterdir())


def _with_a_stowaway(archive: Path) -> bytes:
    """The archive with a file in it that wants to be written elsewhere."""
    with tarfile.open(archive, "a") as tar:
        tar.add(__file__, "files/../../outside")
    return archive.read_bytes()


def test_every_folder_may_have_any_name(
    atelier: Run, environment: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    home, out, there = folder / ODD / "home", folder / f"out {ODD}", folder / f"there {ODD}" / ("long" * 30)
    out.mkdir()
    made = atelier(*WISH, "--out", str(out), ATELIER_HOME=str(home))
    assert made.returncode == 0, made.stderr
    assert atelier("backup", str(out / "studio.tar"), ATELIER_HOME=str(home)).returncode == 0
    done = atelier("restore", str(out / "studio.tar"), "--into", str(there))
    assert done.returncode == 0, done.stderr
    assert f"ATELIER_HOME={shlex.quote(str(there))} " in done.stdout
    assert _files(there) == _files(home)
    studio = Opened(environment | {"ATELIER_HOME": str(there)}, tmp_path / "said")
    try:
        studio.wait_until_open()
        assert studio.ask() == 0, studio.said
    finally:
        studio.kill()


@pytest.mark.fault
def test_what_a_killed_backup_left_is_no_backup_and_is_removed_by_the_next(
    atelier: Run, environment: dict[str, str], folder: Path, home: Path
) -> None:
    assert atelier(*WISH, "--out", str(folder / "out")).returncode == 0
    for number in range(2000):  # so that it takes a while
        (home / "files" / f"{number}.txt").write_bytes(b"x" * 1000)
    out = folder / "backups"
    out.mkdir()
    killed = subprocess.Popen([sys.executable, "-m", "atelier", "backup", str(out)], env=environment)
    until(lambda: any(each.stat().st_size > 500_000 for each in out.glob(".atelier-*.tar.*.partial")))
    killed.kill()
    killed.wait()
    left = sorted(out.iterdir())
    assert left
    assert all(each.name.endswith(".partial") for each in left)
    refused = atelier("restore", str(left[0]), "--into", str(folder / "there"))
    assert "killed before it was whole" in refused.stderr
    assert not (folder / "there").exists()
    until(lambda: not (home / "postgres" / "postmaster.pid").exists())  # its database has stopped
    done = atelier("backup", str(out))
    assert done.returncode == 0, done.stderr
    assert all(f"{each} was left by a backup that was killed" in done.stderr for each in left)
    assert [each.suffix for each in out.iterdir()] == [".tar"]
