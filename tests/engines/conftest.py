"""Engines as the worker meets them, with weights made on the spot."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.engines.work import work

from atelier.engines import Made, Work, wire
from atelier.engines.kinds.diffusers import CALM, TARGET
from atelier.tools.image_edit import ImageEdit


class Resident:
    """A child with its engine, for a whole run of tests: reading the libraries is what takes long."""

    def __init__(self, target: str) -> None:
        command = [sys.executable, "-m", "atelier.engines.child_main", target, str(os.getpid())]
        environment = {**os.environ, **CALM, "OMP_NUM_THREADS": "2"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._number = 0

    def make(self, work: Work) -> Iterator[Made]:
        """As a `LocalEngine` does; one that is closed early tells the child to stop, and waits until it has."""
        self._number += 1
        self._send(wire.pack_work(work, self._number))
        over = False
        try:
            while not over:
                head, blob = self._message()
                over = head["kind"] in ("done", "error")
                if head["kind"] not in ("done", "report"):
                    yield wire.unpack_made(head, blob)
        finally:
            if not over:
                self._send(wire.pack_stop(self._number))
                while self._message()[0]["kind"] not in ("done", "error"):
                    pass

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def _send(self, message: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(message)
        self.process.stdin.flush()

    def _message(self) -> tuple[dict[str, object], bytes]:
        assert self.process.stdout is not None
        head, blob = wire.sizes(self.process.stdout.read(wire.SIZES.size))
        return wire.unpack(self.process.stdout.read(head)), self.process.stdout.read(blob)


@pytest.fixture(scope="session")
def diffusers(tiny: Path) -> Iterator[Resident]:
    """The engine `diffusers` in a child of its own."""
    child = Resident(TARGET)
    yield child
    child.close()


def reference(width: int = 96, height: int = 128, colour: str = "red") -> bytes:
    """A picture to edit."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def edit(weights: Path, picture: bytes, instruction: str = "make it yellow", **more: object) -> Work:
    """An edit of a picture, of two steps."""
    wish = {"instruction": instruction, "image": "019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10", "steps": 2, "seed": 1}
    return work(ImageEdit.id, {**wish, **more}, weights=str(weights), family="flux-kontext", files={"image": picture})
