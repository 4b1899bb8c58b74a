"""Engines that compute here run in children of the worker: a crash or a cancel ends a child, never the worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator

from atelier.engines import wire
from atelier.engines.engine import Crashed, EngineError, Made, Work

IDLE = 60.0  # seconds after which an idle child gives its memory back


class ChildEngine:
    """Runs a `LocalEngine`, named as `module:Class`, in child processes: one for each piece of work at a time.

    A child that finished its work waits for the next, so that what it loaded stays loaded.
    """

    def __init__(self, target: str, *, idle: float = IDLE) -> None:
        self._target = target
        self._idle_for = idle
        self._idle: list[tuple[Process, asyncio.TimerHandle]] = []
        self._busy: set[Process] = set()

    @property
    def pids(self) -> list[int]:
        """The children's process ids, the busy ones first."""
        return [child.pid for child in self._busy] + [child.pid for child, _ in self._idle]

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        child = await self._take()
        self._busy.add(child)
        finished = False
        try:
            async for made in _converse(child, work):
                yield made
            finished = True
        except EngineError as error:
            finished = not isinstance(error, Crashed)  # it refused in good order and can go on
            raise
        finally:
            self._busy.discard(child)
            if finished and child.returncode is None:
                self._give_back(child)
            else:
                _kill(child)
                await asyncio.shield(child.wait())

    async def close(self) -> None:
        children = [*self._busy, *(child for child, _ in self._idle)]
        for _, timer in self._idle:
            timer.cancel()
        self._idle.clear()
        for child in children:
            _kill(child)
            await child.wait()

    async def _take(self) -> Process:
        while self._idle:
            child, timer = self._idle.pop()
            timer.cancel()
            if child.returncode is None:
                return child
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "atelier.engines.child_main",
            self._target,
            str(os.getpid()),
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,  # Ctrl-C goes to the worker, which decides what becomes of its children
        )

    def _give_back(self, child: Process) -> None:
        def retire() -> None:
            self._idle[:] = [entry for entry in self._idle if entry[0] is not child]
            assert child.stdin is not None
            child.stdin.close()  # the child reads the end and leaves

        self._idle.append((child, asyncio.get_running_loop().call_later(self._idle_for, retire)))


async def _converse(child: Process, work: Work) -> AsyncGenerator[Made, None]:
    """Send the work and yield what comes back until the child says that it is done."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(wire.pack_work(work))
        await child.stdin.drain()
        while True:
            line = await child.stdout.readline()
            if not line.endswith(b"\n"):
                raise Crashed("The engine stopped in the middle of its work.")
            head = json.loads(line)
            blob = await child.stdout.readexactly(head["size"])
            if head["kind"] == "done":
                return
            yield wire.unpack_made(head, blob)
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        raise Crashed("The engine stopped in the middle of its work.") from error


def _kill(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
