"""A real studio (web, worker, database) and a real browser; a visit fails on what its console or the policy says."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright
from tests.conftest import SECRET, TEMPLATE
from tests.journeys.visitor import Complaints, kept, move_in, operates

from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.ids import new_id
from atelier.base.postgres import EmbeddedPostgres

expect.set_options(timeout=60_000)  # states are waited for on a busy machine too

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def studio_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The studio's database, as the superuser."""
    with fresh_database(postgres) as database:
        yield database


@contextmanager
def fresh_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database for one studio, as the superuser."""
    name = f"j{new_id().hex}"
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {migrate.OWNER} STRATEGY FILE_COPY")
    yield libpq_url(postgres.url(name))
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def studio(studio_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an open studio; web and worker are processes of their own."""
    with opened(studio_database, tmp_path_factory.mktemp("studio"), free_port(), "serve", "work") as address:
        yield address


@contextmanager
def opened(database: str, home: Path, port: int, *verbs: str, **more: str) -> Iterator[str]:
    """A studio of those processes, with `more` settings; its address."""
    settings = {
        "ATELIER_HOME": str(home),
        "ATELIER_PORT": str(port),
        "ATELIER_SECRET": SECRET,
        "ATELIER_DATABASE_URL": database.replace("postgres@", f"{migrate.OWNER}@", 1),
        "ATELIER_LIMITS": "sign_up=1000/hour, sign_up_form=1000/hour, sign_in=1000/hour, newcomers=1000/hour,"
        " generation=1000/minute, pages=5000/minute",
        "ATELIER_WELCOME_CREDITS": "200",
    }
    with (home / "log").open("wb") as log:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "atelier", verb], env=os.environ | settings | more, stdout=log, stderr=log
            )
            for verb in verbs
        ]
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/health/ready", home / "log", running)
        yield address
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(20)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, log: Path, running: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            if httpx.get(address, timeout=30).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < end, f"the studio did not open: {log.read_text()[-4000:]}"
        assert all(process.poll() is None for process in running), f"the studio fell over: {log.read_text()[-4000:]}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of journeys: it keeps an event loop running, in which no other test could have its own."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def visit(studio: str, chromium: Browser) -> Iterator[Visit]:
    """Opens a fresh browser window on the studio: `visit(width=390, dark=True, scripts=False)`."""
    opened: list[tuple[BrowserContext, Complaints]] = []

    def window(
        *,
        width: int = 1440,
        dark: bool = False,
        scripts: bool = True,
        language: str = "en-GB",
        state: StorageState | None = None,
        address: str = studio,
    ) -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 844 if width < 900 else 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=language,
            has_touch=width < 900,
            storage_state=state,
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        opened.append((context, Complaints(page)))
        return page

    yield window
    for context, complaints in opened:
        context.close()
        complaints.none()


@pytest.fixture(scope="session")
def maker(studio: str) -> StorageState:
    """What the browser of a member keeps who has made two pictures; tests share it in any order, so they only look."""
    with httpx.Client(base_url=studio, headers={"accept": "text/html"}) as client:
        move_in(client, "Mara Maker")
        client.post("/make/image.generate", data={"prompt": "A lighthouse under the stars", "count": "2"})
        end = time.monotonic() + 120
        while 'data-state="succeeded"' not in client.get("/jobs").text:
            assert time.monotonic() < end, "the pictures were not made"
            time.sleep(0.2)
        return kept(client)


@pytest.fixture
def operator(studio: str, studio_database: str) -> StorageState:
    """What the browser of somebody keeps who runs the studio, and signed in less than 15 minutes ago."""
    with httpx.Client(base_url=studio, headers={"accept": "text/html"}) as client:
        email = move_in(client, "Olga Operator")
        with psycopg.connect(studio_database, autocommit=True) as db:
            db.execute("UPDATE members SET role = 'operator' WHERE email = %s", (email,))
        operates(lambda: client.get("/console").status_code)
        return kept(client)
