"""The two commands: the first start of a fresh clone, the next ones, and what web and worker keep in memory.

The first start downloads and installs everything into an empty folder with empty caches, so it depends on the network.
Memory is the processes' proportional share (PSS, shared pages divided among those who share them) and their resident
size (RSS): at rest, and at rest again after a minute in which a member makes pictures and turns pages without a pause.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from bench.opened import PROMPTS, enter, make
from bench.processes import ROOT, free_port
from bench.tables import table as as_table

FIRST_AIM_S, NEXT_AIM_S, MEMORY_AIM_MB = 120, 6, 200
NEXT_STARTS = 3
REST = 20.0  # seconds of rest before memory is read
USE = 60.0  # seconds of use
PATIENCE = 300.0  # seconds that a first start may take at most
PATHS = ("/make/image.generate", "/jobs", "/library", "/wallet", "/account", "/api/v1/jobs", "/api/v1/assets")


def run() -> dict[str, Any]:
    """Clone, open, close, open again; {"first_s", "next_s", "stop_s", "memory": [...], …}."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    folder.chmod(0o755)
    try:
        clone = folder / "atelier"
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(clone)], check=True, timeout=60)
        env = _environment(folder)
        with _open(clone, env, folder / "first.log") as (first, _studio):
            pass
        starts, stops = [], []
        for number in range(NEXT_STARTS):
            with _open(clone, env, folder / f"next-{number}.log") as (seconds, studio):
                starts.append(seconds)
                memory = _memory_at_rest(studio, env) if number == NEXT_STARTS - 1 else []
                asked = time.perf_counter()
            stops.append(time.perf_counter() - asked)
        left = [process.info["cmdline"] for process in _of(folder)]
    finally:
        for process in _of(folder):  # there are none, unless something above broke
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    both = {row["when"]: row["pss_mb"] for row in memory if row["process"] == "web + worker"}
    return {
        "first_s": round(first, 1),
        "first_aim_s": FIRST_AIM_S,
        "next_s": round(statistics.median(starts), 2),
        "next_aim_s": NEXT_AIM_S,
        "close_s": round(statistics.median(stops), 2),
        "left_running": len(left),
        "memory_mb": both["at rest"],
        "memory_used_mb": both["after use"],
        "memory_aim_mb": MEMORY_AIM_MB,
        "memory": memory,
    }


def _environment(folder: Path) -> dict[str, str]:
    """As a stranger's shell has it: no settings of ours, and caches that are empty."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("ATELIER_", "PYTHON", "VIRTUAL"))
    }
    ours = str(ROOT / ".venv")
    clean["PATH"] = os.pathsep.join(part for part in clean["PATH"].split(os.pathsep) if not part.startswith(ours))
    return {
        **clean,
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_NO_CACHE_DIR": "1",
        "ATELIER_PORT": str(free_port()),
        "ATELIER_WELCOME_CREDITS": "2000",
        "ATELIER_LIMITS": "generation=1000/minute, pages=100000/minute, general=100000/minute",
    }


@contextmanager
def _open(clone: Path, env: dict[str, str], log: Path) -> Iterator[tuple[float, psutil.Process]]:
    """`bin/studio` until it says that it is open: the seconds that took, and the process. Ctrl-C closes it."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(clone / "bin" / "studio")],
            cwd=clone,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        while "Atelier is open at" not in log.read_text():
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"bin/studio did not open:\n{log.read_text()[-3000:]}")
            time.sleep(0.02)
        yield time.perf_counter() - began, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _memory_at_rest(studio: psutil.Process, env: dict[str, str]) -> list[dict[str, Any]]:
    time.sleep(REST)
    before = _read(studio, "at rest")
    _use(f"http://127.0.0.1:{env['ATELIER_PORT']}")
    time.sleep(REST)
    return before + _read(studio, "after use")


def _use(address: str) -> None:
    import httpx

    cookies = enter(address, "/sign-up", name="Mara Maker", email="maker@example.org")
    end, turn = time.monotonic() + USE, 0
    with httpx.Client(base_url=address, cookies=cookies, headers={"origin": address}, timeout=30) as client:
        while time.monotonic() < end:
            make(client, PROMPTS[turn % len(PROMPTS)], 4)
            for path in PATHS:
                client.get(path).raise_for_status()
            turn += 1


def _read(studio: psutil.Process, when: str) -> list[dict[str, Any]]:
    """Each kind of process of the studio, and web and worker together."""
    kinds: dict[str, list[psutil.Process]] = {"web": [], "worker": [], "engine": [], "supervisor": [studio]}
    for process in studio.children(recursive=True):
        words = process.cmdline()
        for kind, word in (("web", "serve"), ("worker", "work"), ("engine", "atelier.engines.child_main")):
            if word in words:
                kinds[kind].append(process)
    database = [process for process in _of(Path(studio.cwd())) if process.name() == "postgres"]
    kinds["database"] = database
    rows = [{"when": when, "process": kind, **_sum(processes)} for kind, processes in kinds.items() if processes]
    both = _sum([*kinds["web"], *kinds["worker"]])
    return [{"when": when, "process": "web + worker", **both}, *rows]


def _sum(processes: list[psutil.Process]) -> dict[str, float]:
    found = {"Rss": 0, "Pss": 0}
    for process in processes:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] += int(value.split()[0])
    return {"pss_mb": round(found["Pss"] / 1024, 1), "rss_mb": round(found["Rss"] / 1024, 1)}


def _of(folder: Path) -> list[psutil.Process]:
    """The processes that work in a folder or run from it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        places = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
        if any(place.startswith(str(folder)) for place in places):
            found.append(process)
    return found


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    return (
        f"- First start, everything downloaded and installed: {result['first_s']} s (aim: {result['first_aim_s']})\n"
        f"- Next starts: {result['next_s']} s (aim: {result['next_aim_s']})\n"
        f"- Ctrl-C until all is closed: {result['close_s']} s; left running: {result['left_running']}\n"
        f"- Web and worker together at rest: {result['memory_mb']} MB (aim: {result['memory_aim_mb']});"
        f" after use: {result['memory_used_mb']} MB\n\n"
        f"{as_table(result['memory'])}"
    )
