"""The command line as a person has it: real processes on a data folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.opened import Opened, free_port

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(folder: Path) -> Path:
    """A data folder that doesn't exist yet."""
    return folder / "home"


@pytest.fixture(scope="session")
def migrated_home() -> Iterator[Path]:
    """A data folder with a migrated database, made once: that takes longer than most commands."""
    made = Path(tempfile.mkdtemp(prefix="atelier-test-"))
    made.chmod(0o755)
    environment = os.environ | {"ATELIER_HOME": str(made / "home")}
    subprocess.run([sys.executable, "-m", "atelier", "migrate", "up"], env=environment, check=True, capture_output=True)
    yield made / "home"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def begun(home: Path, migrated_home: Path) -> None:
    """The data folder has been used before, for tests that are not about a first start."""
    subprocess.run(["cp", "-a", str(migrated_home), str(home)], check=True)


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """What a person's shell hands to the studio."""
    return os.environ | {"ATELIER_HOME": str(home), "ATELIER_PORT": str(free_port())}


@pytest.fixture
def atelier(environment: dict[str, str]) -> Run:
    """Runs `atelier ARGS` to its end."""

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "atelier", *args]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=600)

    return run


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and so does all that it starts; a person's doesn't."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def open_studio(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Opened]]:
    """Opens the studio as `bin/studio` does; whatever a test leaves open is closed."""
    opened: list[Opened] = []

    def start() -> Opened:
        opened.append(Opened(environment, tmp_path / f"said{len(opened)}"))
        return opened[-1]

    yield start
    for studio in opened:
        studio.kill()
