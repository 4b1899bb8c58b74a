"""A member at work in the library, in headless Chromium, and how often the database was asked who they are."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Page, Request, sync_playwright

from atelier.base.db import libpq_url
from bench.opened import Opened
from bench.pages import QUIET, _chromium

STEPS = 40
PACE = 1.0  # seconds from one step to the next; a member takes longer, and is then remembered for as long
FLUSHED = 12.0  # seconds until an idle connection of PostgreSQL has told what it counted
SCANS = "SELECT coalesce(idx_scan, 0) + coalesce(seq_scan, 0) FROM pg_stat_user_tables WHERE relname = 'sessions'"


def browse(studio: Opened, owner_url: str) -> dict[str, Any]:
    """{"steps", "requests", "lookups", "saved"}: requests that asked who comes, static files left out."""
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        each = _scans_of_one(studio, db)
        before = _scans(db)
        requests = _walk(studio)
        lookups = (_scans(db) - before) / each
    return {
        "steps": STEPS,
        "requests": requests,
        "scans_of_one_lookup": each,
        "lookups": round(lookups),
        "saved": round(1 - lookups / requests, 4),
    }


def _scans(db: psycopg.Connection[Any]) -> int:
    time.sleep(FLUSHED)
    row = db.execute(SCANS).fetchone()
    return int(row[0]) if row else 0


def _scans_of_one(studio: Opened, db: psycopg.Connection[Any]) -> float:
    """How many scans one lookup is: writes are never answered from memory, and these change nothing."""
    before, calls = _scans(db), 40
    with studio.client(studio.maker) as client:
        for _ in range(calls):
            client.post("/api/v1/jobs", json={"tool": "image.generate", "input": {"prompt": ""}})
    return max(1.0, (_scans(db) - before) / calls)


def _walk(studio: Opened) -> int:
    """Look through the library, open pictures, search, and like one in ten; how many requests asked who comes."""
    asked = 0

    def seen(request: Request) -> None:
        nonlocal asked
        parts = urlsplit(request.url)
        asked += f"{parts.scheme}://{parts.netloc}" == studio.address and not parts.path.startswith("/static/")

    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=_chromium(), args=list(QUIET))
        try:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies(
                [{"name": name, "value": value, "url": studio.address} for name, value in studio.maker.items()]
            )
            page = context.new_page()
            page.on("request", seen)
            for step in range(STEPS):
                _step(page, studio, step)
                page.wait_for_timeout(PACE * 1000)
        finally:
            browser.close()
    return asked


def _step(page: Page, studio: Opened, step: int) -> None:
    what = step % 4
    if what == 0:
        page.goto(f"{studio.address}/library", wait_until="load")
    elif what == 1:
        page.goto(f"{studio.address}/library/{studio.asset}", wait_until="load")
    elif what == 2:
        page.goto(f"{studio.address}/library?q=boat", wait_until="load")
    else:
        page.goto(f"{studio.address}/library?kind=image", wait_until="load")
    if step % 10 == 9:
        page.request.post(
            f"{studio.address}/library/{studio.asset}/favourite", headers={"origin": studio.address}, max_redirects=0
        )
