"""`atelier make`: through the spine, with or without a running studio."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image
from tests.cli.conftest import Run
from tests.cli.opened import Opened, until

WISH = ("make", "image.generate", "prompt=a red boat on a calm sea", "count=2")


def test_it_opens_what_it_needs_and_closes_it_again(atelier: Run, home: Path, tmp_path: Path) -> None:
    done = atelier(*WISH, "--out", str(tmp_path / "out"), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["state"] == "succeeded"
    assert result["credits"] == 2
    assert len(result["files"]) == 2
    for file in result["files"]:
        with Image.open(file) as picture:
            assert picture.size == (768, 1024)
    assert not list(home.glob("postgres/postmaster.pid"))
    assert sorted(os.listdir(tmp_path / "out")) == sorted(Path(file).name for file in result["files"])
    report = json.loads(atelier("ledger", "check", "--json").stdout)
    assert report["balanced"]


@pytest.mark.usefixtures("begun")
def test_the_same_seed_makes_the_same_picture(atelier: Run, tmp_path: Path) -> None:
    pictures = []
    for folder in ("one", "two"):
        wish = ("make", "image.generate", "prompt=night city", "count=1", "seed=7", "--json")
        done = json.loads(atelier(*wish, "--out", str(tmp_path / folder)).stdout)
        with Image.open(done["files"][0]) as picture:
            pictures.append(picture.tobytes())
    assert pictures[0] == pictures[1]


@pytest.mark.usefixtures("begun")
def test_it_uses_the_running_studio_here_and_there(
    atelier: Run, environment: dict[str, str], open_studio: Callable[[], Opened], tmp_path: Path
) -> None:
    studio = open_studio()
    studio.wait_until_open()
    done = atelier(*WISH, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "2 credits" in done.stdout
    assert studio.ready()  # it did not stop the database that others use
    worked = (studio.home / "log" / "worker.log").read_text()
    assert "job:succeeded" in worked
    _make_there(atelier, environment, studio.url, tmp_path / "there")
    assert studio.ask() == 0


def _make_there(atelier: Run, environment: dict[str, str], url: str, out: Path) -> None:
    """By the running studio's API, as somebody with a token would from another machine."""
    member = {"name": "Mara", "email": "mara@example.org", "password": "Seven-red-boats-4"}
    assert httpx.post(f"{url}/sign-up", data=member).status_code == 303
    wish = {"email": member["email"], "password": member["password"]}
    for scopes, returns in ((["jobs:read", "jobs:write", "assets:read"], 0), (["jobs:read", "assets:read"], 1)):
        pair = httpx.post(f"{url}/api/v1/auth/token", json={**wish, "scopes": scopes}).json()
        environment["ATELIER_TOKEN"] = pair["access_token"]
        done = atelier(*WISH, "--at", url, "--out", str(out), "--json")
        assert done.returncode == returns, done.stderr
        if returns:
            assert json.loads(done.stdout)["reason"] == "insufficient_scope"
        else:
            files = json.loads(done.stdout)["files"]
            assert sorted(map(str, out.iterdir())) == sorted(files)
            assert len(files) == 2
    assert pair["access_token"] not in done.stdout + done.stderr
    del environment["ATELIER_TOKEN"]
    assert json.loads(atelier(*WISH, "--at", url, "--json").stdout)["code"] == "no_token"


def test_a_wish_that_cannot_be_is_refused_before_anything_is_opened(atelier: Run, home: Path) -> None:
    for words, code, field in (
        (["image.paint", "prompt=x"], "unknown_tool", "tool"),
        (["image.generate", "prompt="], "invalid_input", "prompt"),
        (["image.generate", "prompt=x", "count=9"], "invalid_input", "count"),
        (["image.generate", "prompt=x", "aspect_ratio=2:1"], "invalid_input", "aspect_ratio"),
        (["image.generate", "prompt=x", "colour=red"], "invalid_input", "colour"),
    ):
        refused = atelier("make", *words, "--json")
        assert refused.returncode == 1
        problem = json.loads(refused.stdout)
        assert (problem["code"], problem["field"]) == (code, field)
        plain = atelier("make", *words)
        assert plain.stderr.count("\n") == 1
        assert problem["title"] in plain.stderr
    assert not (home / "postgres").exists()


@pytest.mark.parametrize(
    ("address", "code"),
    [("http://studio.example.org", "in_the_clear"), ("studio.example.org", "bad_request"), ("ftp://x", "bad_request")],
)
def test_a_token_goes_to_no_odd_address(atelier: Run, environment: dict[str, str], address: str, code: str) -> None:
    environment["ATELIER_TOKEN"] = "atl_x"
    assert json.loads(atelier(*WISH, "--at", address, "--json").stdout)["code"] == code


@pytest.mark.usefixtures("begun")
def test_an_unknown_member_or_model_is_refused_and_pays_nothing(atelier: Run) -> None:
    assert json.loads(atelier(*WISH, "--as", "nobody@example.org", "--json").stdout)["code"] == "unknown_member"
    assert json.loads(atelier(*WISH, "--model", "nothing", "--json").stdout)["code"] == "unknown_model"
    assert json.loads(atelier("ledger", "check", "--json").stdout)["postings"] == 0


def engine_begun(pid: int) -> bool:
    """Whether an engine runs below a process; those that start and end its database come and go meanwhile."""
    with contextlib.suppress(psutil.Error):
        return any("atelier.engines.child_main" in child.cmdline() for child in psutil.Process(pid).children())
    return False


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.usefixtures("begun")
def test_ctrl_c_cancels_the_job_and_gives_the_credits_back(
    atelier: Run, environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "atelier",
        "make",
        "image.generate",
        "prompt=slow",
        "count=8",
        "--out",
        str(tmp_path),
    ]
    with subprocess.Popen(command, env=environment, start_new_session=True) as making:
        until(lambda: engine_begun(making.pid))  # and eight pictures are far from done
        making.send_signal(signal.SIGINT)
        assert making.wait(20) == 130
    time.sleep(0.1)
    assert not list(home.glob("postgres/postmaster.pid"))
    report = json.loads(atelier("ledger", "check", "--json").stdout)
    assert report["balanced"]
    assert report["differences"] == []
