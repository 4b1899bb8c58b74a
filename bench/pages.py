"""Every page in headless Chromium with an empty cache: bytes, requests, largest paint and when it can be used.

The budgets are a page under 3 s, usable under 5 s, largest paint under 2.5 s, an API answer under 500 ms (p95); the aim
is a fifth of them. Usable is when the document's scripts have run and the last long task (over 50 ms) is over.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

from bench.opened import PROMPTS, Opened, opened_studio
from bench.tables import table as as_table

ROUNDS = 3
API_CALLS = 100
SETTLED = 400  # milliseconds after loading in which late paints and tasks are waited for
AIMS = {"load_ms": 600, "usable_ms": 1000, "largest_paint_ms": 500, "kilobytes": 100}
API_AIM_MS = 100
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# observed from the document's first moment on
OBSERVE = """
window.seen = {lcp: 0, busy: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.lcp = e.startTime })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.busy = e.startTime + e.duration })
  .observe({type: 'longtask', buffered: true});
"""
READ = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  return {answer_ms: page.responseStart, load_ms: page.loadEventEnd,
          usable_ms: Math.max(page.domContentLoadedEventEnd, seen.busy), largest_paint_ms: seen.lcp};
}"""


def run(owner_url: str, secret: str) -> dict[str, Any]:
    """Visit each page; {"pages": [{"page", "kilobytes", "requests", "again_kilobytes", "load_ms", …}], "api": […]}."""
    with opened_studio(owner_url, secret) as studio, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=_chromium(), args=list(QUIET))
        try:
            visits = _visits(studio)
            _visit(browser, studio.address, *visits[0][1:])  # the browser and the server warm up
            pages = [{"page": name, **_measure(browser, studio.address, path, who)} for name, path, who in visits]
        finally:
            browser.close()
        api = _api(studio)
    worst = {what: max(page[what] for page in pages) for what in (*AIMS, "requests")}
    return {
        "aims": AIMS,
        "worst": worst,
        "within_aims": all(worst[what] <= aim for what, aim in AIMS.items()),
        "pages": pages,
        "api_p95_aim_ms": API_AIM_MS,
        "api": api,
    }


def _visits(studio: Opened) -> list[tuple[str, str, dict[str, str]]]:
    maker, operator = studio.maker, studio.operator
    return [
        ("welcome", "/", {}),
        ("sign up", "/sign-up", {}),
        ("sign in", "/sign-in", {}),
        ("image studio", "/make/image.generate", maker),
        ("workbench", "/jobs", maker),
        ("a run", f"/jobs/{studio.job}", maker),
        ("library", "/library", maker),
        ("a picture", f"/library/{studio.asset}", maker),
        ("wallet", "/wallet", maker),
        ("account", "/account", maker),
        ("console", "/console", operator),
        ("console, members", "/console/members", operator),
        ("console, queue", "/console/queue", operator),
        ("console, models", "/console/models", operator),
    ]


def _measure(browser: Browser, address: str, path: str, cookies: dict[str, str]) -> dict[str, Any]:
    rounds = [_visit(browser, address, path, cookies) for _ in range(ROUNDS)]
    return {what: round(statistics.median(each[what] for each in rounds), 1) for what in rounds[0]}


def _visit(browser: Browser, address: str, path: str, cookies: dict[str, str]) -> dict[str, float]:
    """One visit with an empty cache, then the same page again with what the browser kept."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        context.add_init_script(OBSERVE)
        page = context.new_page()
        wire = {"requests": 0.0, "own": 0.0, "pictures": 0.0}
        pictures: set[str] = set()
        network = context.new_cdp_session(page)
        network.send("Network.enable")

        def requested(event: dict[str, Any]) -> None:
            url = event["request"]["url"]
            wire["requests"] += not url.startswith("data:")
            if url.startswith(f"{address}/files/"):
                pictures.add(event["requestId"])

        def finished(event: dict[str, Any]) -> None:
            wire["pictures" if event["requestId"] in pictures else "own"] += event["encodedDataLength"] / 1000

        network.on("Network.requestWillBeSent", requested)
        network.on("Network.loadingFinished", finished)
        answer = page.goto(address + path, wait_until="load")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{path} answered {answer and answer.status}")
        page.wait_for_timeout(SETTLED)
        found: dict[str, float] = page.evaluate(READ)
        first = {
            "kilobytes": wire["own"],
            "pictures_kilobytes": wire["pictures"],
            "requests": wire["requests"],
            **found,
        }
        wire["own"] = 0
        page.reload(wait_until="load")
        page.wait_for_timeout(SETTLED)
        return {**first, "again_kilobytes": wire["own"]}
    finally:
        context.close()


def _api(studio: Opened) -> list[dict[str, Any]]:
    """Milliseconds that the API takes to answer, one call after another."""
    wish = {"tool": "image.generate", "input": {"prompt": PROMPTS[0], "count": 1}}
    with studio.client(studio.maker) as client:
        reads: dict[str, Callable[[], httpx.Response]] = {
            "GET /api/v1/jobs": lambda: client.get("/api/v1/jobs"),
            "GET /api/v1/jobs/{id}": lambda: client.get(f"/api/v1/jobs/{studio.job}"),
            "GET /api/v1/assets": lambda: client.get("/api/v1/assets"),
            "GET /api/v1/wallet": lambda: client.get("/api/v1/wallet"),
            "GET /api/v1/models": lambda: client.get("/api/v1/models"),
        }
        found = [{"call": name, **_times(call, API_CALLS)} for name, call in reads.items()]
        return [*found, {"call": "POST /api/v1/jobs", **_times(lambda: client.post("/api/v1/jobs", json=wish), 20)}]


def _times(call: Callable[[], httpx.Response], calls: int) -> dict[str, float]:
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        call().raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": round(statistics.median(times), 1), "p95_ms": round(sorted(times)[int(calls * 0.95)], 1)}


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise RuntimeError("There is no Chromium: install it with the system's package manager, or name it: CHROMIUM=…")
    return found


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    names = {"answer_ms": "first byte, ms", "load_ms": "loaded, ms", "usable_ms": "usable, ms"}
    names |= {"largest_paint_ms": "largest paint, ms", "kilobytes": "KB", "again_kilobytes": "KB again"}
    names["pictures_kilobytes"] = "KB of the member's pictures"
    rows = [{names.get(what, what): value for what, value in page.items()} for page in result["pages"]]
    aims = result["aims"]
    return (
        f"Aims: loaded within {aims['load_ms']} ms, usable within {aims['usable_ms']}, largest paint within"
        f" {aims['largest_paint_ms']}, {aims['kilobytes']} KB over the wire beside the member's pictures, the API's p95"
        f" within {result['api_p95_aim_ms']} ms.\n\n{as_table(rows)}\n\n{as_table(result['api'])}"
    )
