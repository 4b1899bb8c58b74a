"""`bin/setup`: finds a Python or says which command brings one, and does nothing when nothing changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.base.test_postgres import ODD

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
TOOLS = ("cat", "cmp", "dirname", "mkdir", "rm", "cp", "chmod", "sed", "sh")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with nothing to install, so that no package index is asked."""
    made = tmp_path / "clone"
    (made / "bin").mkdir(parents=True)
    (made / "requirements").mkdir()
    shutil.copy(ROOT / "bin" / "setup", made / "bin")
    for name in ("runtime", "check", "local", "uv"):
        (made / "requirements" / f"{name}.txt").write_text("")
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A machine with the usual tools, apt-get and no Python."""
    path = tmp_path / "path"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    _program(path / "apt-get", "exit 0")
    return path


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _setup(clone: Path, path: Path, *what: str) -> subprocess.CompletedProcess[str]:
    command = [str(clone / "bin" / "setup"), *what]
    environment = {"PATH": str(path), "HOME": "/nonexistent", "PIP_NO_INDEX": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_without_a_python_it_says_which_command_brings_one(clone: Path, bare: Path) -> None:
    said = _setup(clone, bare)
    assert said.returncode == 1
    assert "Atelier needs Python 3.11 or newer; here is no Python." in said.stderr
    assert "sudo apt-get install -y python3.11 python3.11-venv" in said.stderr
    _program(bare / "python3", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    assert "here is Python 3.9.2." in _setup(clone, bare).stderr
    assert not (clone / ".venv").exists()


def test_without_the_venv_module_it_says_which_command_brings_it(clone: Path, bare: Path) -> None:
    script = (
        f'case "$*" in *ensurepip*) exit 1;; *version_info\\[:2\\]*) echo 3.12;; *) exec {sys.executable} "$@";; esac'
    )
    _program(bare / "python3", script)
    _program(bare / "named", script)
    # the real Python says where it is, and that one has the module; so the fake names itself
    _program(bare / "python3", script.replace("*ensurepip*", f"*sys.executable*) echo {bare / 'named'};; *ensurepip*"))
    said = _setup(clone, bare)
    assert said.returncode == 1
    assert "Python 3.12 is here, but its venv module is not." in said.stderr
    assert "sudo apt-get install -y python3.12-venv" in said.stderr


def test_it_is_done_once_and_again_when_a_lock_changes(clone: Path, bare: Path) -> None:
    _program(bare / "python3", f'exec {sys.executable} "$@"')
    first = _setup(clone, bare)
    assert first.returncode == 0, first.stderr
    assert (clone / ".venv" / "bin" / "atelier").exists()
    (bare / "python3").unlink()
    again = _setup(clone, bare)
    assert (again.returncode, again.stdout) == (0, "")
    (clone / "requirements" / "runtime.txt").write_text("# another\n")
    assert "Installing what runtime needs" in _setup(clone, bare).stdout


def test_a_moved_clone_is_set_up_afresh(clone: Path, bare: Path) -> None:
    _program(bare / "python3", f'exec {sys.executable} "$@"')
    _setup(clone, bare)
    moved = clone.rename(clone.with_name("moved"))
    assert "Making .venv" in _setup(moved, bare).stdout
    assert str(moved) in (moved / ".venv" / "bin" / "atelier").read_text()


@pytest.mark.parametrize("name", [ODD, "long" * 60], ids=["odd", "long"])
def test_a_clone_may_have_any_name(clone: Path, bare: Path, name: str) -> None:
    _program(bare / "python3", f'exec {sys.executable} "$@"')
    there = clone.rename(clone.with_name(name))
    shutil.copy(ROOT / "bin" / "atelier", there / "bin")
    package = there / "src" / "atelier"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys; print(sys.argv[1:], __file__)")
    environment = {"PATH": str(bare), "HOME": "/nonexistent", "PIP_NO_INDEX": "1", "CDPATH": "/usr"}
    for command in (f"./{name}/bin/atelier", f"./{name}/.venv/bin/atelier"):
        done = subprocess.run([command, "a b"], cwd=there.parent, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"['a b'] {package / '__main__.py'}\n"


def test_a_colon_in_the_clones_path_is_said(clone: Path, bare: Path) -> None:
    _program(bare / "python3", f'exec {sys.executable} "$@"')
    said = _setup(clone.rename(clone.with_name("a:b")), bare)
    assert said.returncode == 1
    assert "path holds a colon" in said.stderr


def _torch(clone: Path, version: str) -> Path:
    """A torch that is installed, as far as its metadata says."""
    site = next((clone / ".venv" / "lib").glob("python*")) / "site-packages" / f"torch-{version}.dist-info"
    site.mkdir()
    (site / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
    return site


def test_local_models_are_set_up_once_and_again_with_another_torch(clone: Path, bare: Path) -> None:
    _program(bare / "python3", f'exec {sys.executable} "$@"')
    _program(bare / "uname", "echo Linux")
    (bare / "grep").symlink_to(shutil.which("grep") or "/bin/grep")
    assert _setup(clone, bare).returncode == 0
    assert _setup(clone, bare, "check").returncode == 0  # what others installed stays
    found = _torch(clone, "2.13.0+cpu")
    first = _setup(clone, bare, "local")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Installing what local needs …\n")
    assert (_setup(clone, bare, "local").stdout, _setup(clone, bare, "check").stdout) == ("", "")
    setup = clone / "bin" / "setup"
    setup.write_text(setup.read_text().replace("TORCH_VERSION=2.13.0", "TORCH_VERSION=2.99.0"))
    shutil.rmtree(found)
    said = _setup(clone, bare, "local")
    assert said.returncode == 1
    assert "torch 2.99.0 could not be installed" in said.stderr
    assert "TORCH=any bin/setup local" in said.stderr
    assert _setup(clone, bare).returncode == 0  # and the studio is there without it


def test_the_studio_opens_without_the_models_that_cannot_be_set_up_and_leaves_them_out_when_told(
    clone: Path, bare: Path
) -> None:
    shutil.copy(ROOT / "bin" / "studio", clone / "bin")
    _program(clone / "bin" / "setup", 'echo "set up ${1:-runtime}"; [ "${1:-}" != local ]')
    (clone / ".venv" / "bin").mkdir(parents=True)
    _program(clone / ".venv" / "bin" / "python", 'echo "$@"')

    def said(**more: str) -> tuple[int, str, str]:
        environment = {"PATH": str(bare), **more}
        done = subprocess.run([clone / "bin" / "studio"], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    opened = "set up runtime\n{}-m atelier open\n"
    assert said() == (
        0,
        opened.format("set up local\n"),
        "bin/studio: the studio opens without models that run here.\n",
    )
    assert said(ATELIER_EXTRAS="none") == (0, opened.format(""), "")
    assert said(ATELIER_EXTRAS="lokal")[0] == 2


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_has_a_hash_for_everything_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    requirements = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert requirements
    assert all("==" in line for line in requirements)
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_what_is_checked_is_what_runs() -> None:
    def versions(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split(" ")[0] for line in lines if re.match(r"[a-z0-9]", line)}

    assert versions("runtime") <= versions("check") <= versions("bench")
    assert versions("runtime") <= versions("local")
    assert not [line for line in versions("local") if line.startswith(("torch==", "nvidia", "triton"))]
