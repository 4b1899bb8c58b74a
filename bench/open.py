"""How long the studio takes to open, fresh with its install and again, and what it holds in memory at rest."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
BUDGETS = {"first_s": 120, "second_s": 6, "memory_mb": 200}
REST = 20  # seconds until what starting took has been given back


def run() -> dict[str, Any]:
    """Clone into an empty folder, open three times; seconds until it said so, to close, and megabytes at rest."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    folder.chmod(0o755)
    try:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, second, third = (_open(clone, rest=rest) for rest in (0, 0, REST))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "budgets": BUDGETS,
        "starts": {
            "first, with the install": first["seconds"],
            "second": second["seconds"],
            "third": third["seconds"],
        },
        "memory": third["memory"],
    }


def table(result: dict[str, Any]) -> str:
    starts, memory = result["starts"], result["memory"]
    lines = ["| start | open after | closed after |", "| --- | --- | --- |"]
    lines += [f"| {name} | {times['open']} s | {times['close']} s |" for name, times in starts.items()]
    lines += ["", "| at rest | proportional | resident |", "| --- | --- | --- |"]
    lines += [f"| {name} | {use['pss_mb']} MB | {use['rss_mb']} MB |" for name, use in memory.items()]
    both = memory["web process"]["pss_mb"] + memory["worker"]["pss_mb"]
    return "\n".join([*lines, "", f"Web and worker together: {both} MB, with a budget of {BUDGETS['memory_mb']}."])


def _open(clone: Path, *, rest: int) -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mine = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
    began = time.monotonic()
    with subprocess.Popen(
        [clone / "bin" / "studio"], env=mine | {"ATELIER_PORT": str(port)}, stdout=subprocess.PIPE, text=True
    ) as studio:
        assert studio.stdout is not None
        said = next((line for line in studio.stdout if line.startswith("Atelier is open at")), None)
        opened = time.monotonic() - began
        if said is None:
            raise RuntimeError("the studio did not open")
        time.sleep(rest)
        memory = _memory(studio.pid)
        asked = time.monotonic()
        studio.send_signal(signal.SIGINT)
        studio.communicate()
    return {
        "seconds": {"open": round(opened, 1), "close": round(time.monotonic() - asked, 1)},
        "memory": memory,
    }


def _memory(supervisor: int) -> dict[str, dict[str, int]]:
    """Megabytes of each process; proportional is with shared pages divided among those who share them."""
    names = {"serve": "web process", "work": "worker"}
    found = {"supervisor": _use(psutil.Process(supervisor))}
    for child in psutil.Process(supervisor).children():
        name = next((name for word, name in names.items() if word in child.cmdline()), None)
        if name:
            found[name] = _use(child)
    return found


def _use(process: psutil.Process) -> dict[str, int]:
    full = process.memory_full_info()
    return {"pss_mb": round(getattr(full, "pss", full.rss) / 1e6), "rss_mb": round(full.rss / 1e6)}
