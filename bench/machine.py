"""The machine that a measurement was made on, in one line."""

from __future__ import annotations

import os
import platform

import psutil


def describe() -> str:
    """Cores, processor, memory, system and Python; no names of hosts or people."""
    memory = psutil.virtual_memory().total / 2**30
    cores = os.cpu_count() or 1
    return (
        f"{cores} core{'s' if cores > 1 else ''} ({_processor()}), {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
