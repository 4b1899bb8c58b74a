"""What others notice of an attack: p95 of pages while a member opens streams, memory under endless trailers."""

from __future__ import annotations

import os
import socket
import statistics
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from bench.opened import Opened, opened_studio

STREAMS = 500  # that the attacker opens as fast as it goes
AGAIN = 0.2  # seconds between further ones: 300 in a minute, as many as the built-in limit lets pass
SECONDS = 12.0
TRAILERS = 6.0  # seconds of endless trailers
AIM_MS = 100
PATHS = ("/jobs", "/make/image.generate", "/library", "/wallet")


def run(owner_url: str, secret: str) -> dict[str, Any]:
    """{"calm_p95_ms", "attacked_p95_ms", "open_streams", "memory_before_mb", "memory_peak_mb"}."""
    with opened_studio(owner_url, secret) as studio:
        calm = _visits(studio)
        attack = _Streams(studio)
        attack.start()
        attacked = _visits(studio)
        held = attack.stop()
        before, peak = _trailers(studio)
    return {
        "calm_p95_ms": calm,
        "attacked_p95_ms": attacked,
        "aim_ms": AIM_MS,
        "open_streams": held,
        "memory_before_mb": before,
        "memory_peak_mb": peak,
    }


def _visits(studio: Opened) -> float:
    """p95 in milliseconds of pages that a member turns, one after the other."""
    times = []
    with studio.client(studio.operator) as client:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for path in PATHS:
                began = time.perf_counter()
                client.get(path, headers={"x-forwarded-for": "198.51.100.9", "accept": "text/html"})
                times.append((time.perf_counter() - began) * 1000)
                time.sleep(0.02)
    return round(statistics.quantiles(times, n=20)[-1], 1)


class _Streams:
    """A member who opens streams without end, and begins a run now and then so that all of them are told."""

    def __init__(self, studio: Opened) -> None:
        self._studio = studio
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._opened.wait(60)

    def stop(self) -> int:
        """End the attack; how many streams were open."""
        self._over.set()
        self._thread.join(30)
        held = sum(_is_open(each) for each in self._open)
        for each in self._open:
            each.close()
        return held

    def _run(self) -> None:
        for _ in range(STREAMS):
            self._another()
        self._opened.set()
        with self._studio.client(self._studio.maker) as client:
            turn = 0
            while not self._over.wait(AGAIN):
                self._another()
                turn += 1
                if turn % 10 == 0:
                    client.post("/api/v1/jobs", json={"tool": "image.generate", "input": {"prompt": "A red boat"}})

    def _another(self) -> None:
        where = urlsplit(self._studio.address)
        cookies = "; ".join(f"{name}={value}" for name, value in self._studio.maker.items())
        with suppress(OSError):
            one = socket.create_connection((where.hostname or "", where.port or 80), timeout=5)
            one.sendall(f"GET /live HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookies}\r\n\r\n".encode())
            self._open.append(one)


def _is_open(one: socket.socket) -> bool:
    """Whether a stream was answered and goes on."""
    read = b""
    one.setblocking(False)
    try:
        while piece := one.recv(65536):
            read += piece
    except BlockingIOError:
        return b" 200 " in read[:20] and b"\r\n0\r\n\r\n" not in read
    except OSError:
        pass
    return False


def _trailers(studio: Opened) -> tuple[float, float]:
    """The web process's memory in MB before trailers without end, and at its highest."""
    web = next(p for p in psutil.Process(os.getpid()).children(recursive=True) if "serve" in p.cmdline())
    before = peak = web.memory_info().rss / 1e6
    where = urlsplit(studio.address)
    piece = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 100) for number in range(500))
    end = time.monotonic() + TRAILERS
    with suppress(OSError), socket.create_connection((where.hostname or "", where.port or 80), timeout=5) as one:
        head = f"POST /sign-in HTTP/1.1\r\nHost: {where.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        one.sendall(head.encode())
        while time.monotonic() < end:
            one.sendall(piece)
            peak = max(peak, web.memory_info().rss / 1e6)
    with httpx.Client() as client:
        client.get(f"{studio.address}/health/live", timeout=60)
    return round(before, 1), round(max(peak, web.memory_info().rss / 1e6), 1)
