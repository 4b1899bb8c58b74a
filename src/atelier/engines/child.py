"""Engines that compute here run in children of the worker: a crash ends a child, never the worker."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from atelier.base.log import get_log
from atelier.engines import wire
from atelier.engines.engine import (
    BrokeContract,
    Condition,
    Crashed,
    EngineError,
    Made,
    OutOfMemory,
    Output,
    Progress,
    Standing,
    TextDelta,
    Usage,
    Work,
)

IDLE = 60.0  # seconds after which an idle child gives its memory back
PATIENCE = 0.6  # seconds that a child gets to leave a work that nobody wants any more, before it is killed


class ChildEngine:
    """Runs a `LocalEngine`, named as `module:Class`, in child processes: one for each piece of work at a time.

    A child that finished its work, or left it when it was told to, waits for the next, so that what it loaded stays
    loaded. `environment` is added to the children's own. With several `devices` (GPUs) each child has one to itself.
    A work at which memory ran out is done once more by a fresh child, which is told to take less.
    """

    def __init__(
        self, target: str, *, idle: float = IDLE, environment: Mapping[str, str] | None = None, devices: int = 0
    ) -> None:
        self._target = target
        self._devices = devices
        self._device: dict[int, int] = {}  # the GPU of each child, by its process id
        self._idle_for = idle
        self._environment = {**os.environ, **(environment or {})}
        self._numbers = itertools.count(1)
        self._idle: list[tuple[Process, asyncio.TimerHandle]] = []
        self._busy: set[Process] = set()
        self._heard: dict[int, dict[str, Any]] = {}  # what each child that began to work said of itself
        self._lowered = self._failed = False  # how the last work ended

    @property
    def pids(self) -> list[int]:
        """The children's process ids, the busy ones first."""
        return [child.pid for child in self._busy] + [child.pid for child, _ in self._idle]

    def standing(self) -> Standing:
        """How the engine is just now, as far as its children said."""
        children = [each for each in (*self._busy, *(child for child, _ in self._idle)) if each.returncode is None]
        pids = [child.pid for child in children]
        for gone in self._heard.keys() - set(pids):
            del self._heard[gone]
        if any(child.pid in self._heard for child in self._busy):
            condition = Condition.BUSY
        elif self._busy:
            condition = Condition.STARTING
        elif self._failed:
            condition = Condition.FAILED
        elif self._lowered:
            condition = Condition.DEGRADED
        else:
            condition = Condition.READY if children else Condition.RESTING
        reports = self._heard.values()
        return Standing(
            condition,
            children=len(children),
            memory=sum(map(_resident, pids)),
            gpu=sum(int(said.get("gpu", 0)) for said in reports),
            plan=next((str(said["plan"]) for said in reports if said.get("plan")), ""),
        )

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        finished: set[int] = set()
        final = False  # something was made that must not come twice
        try:
            async with aclosing(self._make(work)) as making:
                async for made in making:
                    if isinstance(made, Output):
                        finished.add(made.position)
                    final = final or isinstance(made, TextDelta | Usage)
                    yield made
            return
        except OutOfMemory:
            if final:
                raise
            get_log().warning("engine:out_of_memory", job=str(work.job), engine=work.terms.engine)
        await self._retire_idle()  # they may hold what is missing
        async with aclosing(self._make(replace(work, lower=work.lower + 1))) as making:
            async for made in making:
                if not (isinstance(made, Output) and made.position in finished):  # it is kept already
                    yield made

    async def _make(self, work: Work) -> AsyncGenerator[Made, None]:
        child = await self._take()
        self._busy.add(child)
        number = next(self._numbers)
        fit = False  # for more work
        try:
            async for made in _converse(child, work, number, self._heard):
                yield made
            fit = True
            self._failed, self._lowered = False, work.lower > 0
        except EngineError as error:
            self._failed = isinstance(error, Crashed | BrokeContract | OutOfMemory)
            fit = not isinstance(error, Crashed | BrokeContract | OutOfMemory)  # it refused in good order and can go on
            raise
        except (asyncio.CancelledError, GeneratorExit):
            fit = await _leaves(child, number)
            raise
        finally:
            self._busy.discard(child)
            if fit and child.returncode is None:
                self._give_back(child)
            else:
                _kill(child)
                await asyncio.shield(child.wait())

    async def _retire_idle(self) -> None:
        idle, self._idle[:] = list(self._idle), []
        for child, timer in idle:
            timer.cancel()
            _kill(child)
            await child.wait()

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
        device = self._free_device()
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "atelier.engines.child_main",
            self._target,
            str(os.getpid()),
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment | ({"CUDA_VISIBLE_DEVICES": str(device)} if self._devices > 1 else {}),
            start_new_session=True,  # Ctrl-C goes to the worker, which decides what becomes of its children
        )
        self._device[child.pid] = device
        return child

    def _free_device(self) -> int:
        """The GPU that the fewest living children have."""
        living = [self._device[pid] for pid in self.pids if pid in self._device]
        self._device = {pid: device for pid, device in self._device.items() if pid in self.pids}
        return min(range(max(1, self._devices)), key=living.count)

    def _give_back(self, child: Process) -> None:
        def retire() -> None:
            self._idle[:] = [entry for entry in self._idle if entry[0] is not child]
            assert child.stdin is not None
            child.stdin.close()  # the child reads the end and leaves

        self._idle.append((child, asyncio.get_running_loop().call_later(self._idle_for, retire)))


async def _converse(
    child: Process, work: Work, number: int, heard: dict[int, dict[str, Any]]
) -> AsyncGenerator[Made, None]:
    """Send the work and yield what comes back until the child says that it is done."""
    assert child.stdin is not None
    try:
        child.stdin.write(wire.pack_work(work, number))
        await child.stdin.drain()
        while True:
            head, blob = await _message(child)
            if head["kind"] == "done":
                return
            if head["kind"] == "report":
                heard[child.pid] = head["facts"]
                continue
            made = wire.unpack_made(head, blob)
            if not (isinstance(made, Progress) and made.step == 0):  # the first sign comes before anything is read
                heard.setdefault(child.pid, {})
            yield made
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Crashed("The engine stopped in the middle of its work.") from error


async def _message(child: Process) -> tuple[dict[str, Any], bytes]:
    assert child.stdout is not None
    head, blob = wire.sizes(await child.stdout.readexactly(wire.SIZES.size))
    return wire.unpack(await child.stdout.readexactly(head)), await child.stdout.readexactly(blob)


async def _leaves(child: Process, number: int) -> bool:
    """Tell a child that nobody wants its work any more; True if it soon left it, and can have other work."""
    assert child.stdin is not None
    try:
        async with asyncio.timeout(PATIENCE):
            child.stdin.write(wire.pack_stop(number))
            while True:
                head, _ = await _message(child)
                if head["kind"] == "done":
                    return bool(head["number"] == number)
                if head["kind"] == "error":
                    return bool(head["code"] != Crashed.code)
    except (Exception, asyncio.CancelledError):  # out of step, gone, or too slow: whatever it was, it is killed
        return False


def _resident(pid: int) -> int:
    """Bytes of a process that are in this machine's memory."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _kill(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
