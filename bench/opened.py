"""A whole studio for a bench to visit: web and worker as their own commands, a maker with pictures, an operator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bench.processes import ROOT, Started, free_port, python

PASSWORD = "Seven-red-boats-4"
PROMPTS = (
    "A lighthouse under the stars",
    "A red boat on a calm sea, bold flat poster",
    "Mountains in a quiet morning, muted palette",
    "A desert night with a wide sky",
)
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An open studio, with browsers' cookies for those who live there."""

    address: str
    maker: dict[str, str]
    operator: dict[str, str]
    job: str  # one that has succeeded
    asset: str

    def client(self, cookies: dict[str, str]) -> httpx.Client:
        return httpx.Client(base_url=self.address, cookies=cookies, headers={"origin": self.address}, timeout=30)


@contextmanager
def opened_studio(owner_url: str, secret: str) -> Iterator[Opened]:
    """A studio on that database, with sixteen pictures made."""
    folder, port = Path(tempfile.mkdtemp(prefix="atelier-bench-")), free_port()
    settings = {
        "ATELIER_HOME": str(folder),
        "ATELIER_PORT": str(port),
        "ATELIER_SECRET": secret,
        "ATELIER_EXTRAS": "none",
        "ATELIER_DATABASE_URL": owner_url,
        "ATELIER_LIMITS": "generation=1000/minute, pages=100000/minute, general=100000/minute,"
        " files=100000/minute, sign_in_form=100000/minute",
        "ATELIER_WELCOME_CREDITS": "200",
        "ATELIER_TRUSTED_PROXIES": "127.0.0.1",  # so that a bench can come from many addresses
    }
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for verb in ("work", "serve"):
            process = Started(python("atelier", verb), folder / f"{verb}.log", settings)
            stack.callback(process.stop)
        process.await_port(port)
        yield _inhabited(f"http://127.0.0.1:{port}", settings)


def _inhabited(address: str, settings: dict[str, str]) -> Opened:
    maker = enter(address, "/sign-up", name="Mara Maker", email="maker@example.org")
    told = [json.loads(line) for line in _prepare(settings).splitlines() if line.startswith("{")]
    link = next(line["link"] for line in told if line.get("link"))
    key = parse_qs(urlsplit(link).query)["key"][0]
    operator = enter(address, "/welcome/operator", name="Olga", email="operator@example.org", key=key)
    with httpx.Client(base_url=address, cookies=maker, headers={"origin": address}, timeout=30) as client:
        jobs = [make(client, prompt, 4) for prompt in PROMPTS]
        asset = jobs[0]["assets"][0]
    return Opened(address, maker, operator, jobs[0]["id"], asset)


def enter(address: str, path: str, **form: str) -> dict[str, str]:
    """Fill a form in that opens an account; the cookies that come back."""
    answer = httpx.post(
        f"{address}{path}", data={**form, "password": PASSWORD}, headers={"origin": address}, timeout=30
    )
    if answer.status_code != 303:
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
    return dict(answer.cookies)


def make(client: httpx.Client, prompt: str, count: int) -> dict[str, Any]:
    """Make pictures and wait until they are there; the job."""
    wish = {"tool": "image.generate", "input": {"prompt": prompt, "count": count}}
    job: dict[str, Any] = client.post("/api/v1/jobs", json=wish).raise_for_status().json()
    end = time.monotonic() + PATIENCE
    while job["state"] != "succeeded":
        if job["state"] in ("failed", "canceled") or time.monotonic() > end:
            raise RuntimeError(f"the job did not succeed: {job}")
        time.sleep(0.1)
        job = client.get(f"/api/v1/jobs/{job['id']}").raise_for_status().json()
    return job


def _prepare(settings: dict[str, str]) -> str:
    command = python("atelier", "prepare")
    return subprocess.run(
        command, env={**os.environ, **settings}, cwd=ROOT, check=True, capture_output=True, text=True, timeout=PATIENCE
    ).stdout
