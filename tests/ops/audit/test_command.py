"""`atelier audit` beside a studio that runs and one that doesn't, and production that refuses to open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from atelier.ops.drill.place import Place


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    place.open()
    yield place
    place.close()


def atelier(place: Place, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "atelier", *args],
        env=place.environment() | settings,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_audit_of_a_running_studio(place: Place) -> None:
    place.start("web")
    place.start("worker")
    place.await_web()
    done = atelier(place, "audit", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""  # what the checks provoke frightens nobody
    report = json.loads(done.stdout)
    assert report["failed"] == 0
    found = {check["id"]: check["evidence"] for check in report["checks"]}
    assert "1 worker gave" in found["jobs.workers"]
    assert place.processes["web"].poll() is None


def test_a_studio_whose_worker_died_is_told_so(place: Place) -> None:
    place.start("web")
    place.await_web()
    done = atelier(place, "audit", "--only", "jobs.workers")
    assert "The studio is open and no worker is alive." in done.stdout
    assert done.returncode == 0  # a warning


def test_a_failed_blocker_is_exit_status_1_and_keeps_production_closed(place: Place) -> None:
    production = {"ATELIER_ENV": "production", "ATELIER_URL": "https://studio.example.org"}
    os.chmod(place.home, 0o777)
    done = atelier(place, "audit", "--only", "place", "--markdown", **production)
    assert done.returncode == 1
    assert "| ✗ | `place.folder` |" in done.stdout
    place.listening.close()
    done = atelier(place, "serve", **production)
    assert done.returncode == 1
    assert "place.folder" in done.stderr
    assert "chmod go-w" in done.stderr


def test_an_unknown_check_is_wrong_usage(place: Place) -> None:
    assert atelier(place, "audit", "--only", "nothing").returncode == 2
