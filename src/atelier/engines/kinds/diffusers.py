"""The kind `diffusers`: neural models of pictures that run on this machine, with torch."""

from __future__ import annotations

import os
from importlib.util import find_spec

from atelier.engines.child import ChildEngine
from atelier.engines.engine import Engine
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies, gpus
from atelier.engines.local.families import families
from atelier.engines.local.placement import MEMORY
from atelier.engines.weights.whole import lack

TARGET = "atelier.engines.local.diffusers_engine:DiffusersEngine"
LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")

# Nothing is fetched from anywhere; and threads that wait for each other sleep, for where others compute as well
# spinning ones make a picture take ten times as long (docs/decisions/engine-diffusers.md).
CALM = {
    "HF_HUB_OFFLINE": "1",
    "DIFFUSERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "passive",
    "KMP_BLOCKTIME": "0",
}


def _open(entry: EngineEntry, machine: Machine) -> Engine:
    remembered = {MEMORY: str(machine.roots[0] / "placement.json")} if machine.roots else {}
    calm = {**CALM, **remembered, "OMP_NUM_THREADS": str(machine.threads or os.cpu_count() or 1)}
    return ChildEngine(TARGET, idle=machine.idle, environment=calm, devices=gpus())


def _lacks(entry: EngineEntry, machine: Machine, named: str | None) -> str | None:
    if not machine.local:
        return "Models that run here are left out (ATELIER_EXTRAS=none)."
    absent = next((library for library in LIBRARIES if find_spec(library) is None), None)
    if absent:
        return f"{absent} is not installed. `bin/setup local` brings it."
    return lack(machine.place(named)) if named is not None else None


def _extras(tool: str, family: str) -> frozenset[str]:
    known = families().get(family)
    return known.extras(tool) if known is not None else frozenset()


KIND = EngineKind(
    id="diffusers",
    open=_open,
    occupies=Occupies.DEVICE,
    label="A neural model",
    ready=True,
    lack=_lacks,
    families=families,
    extras=_extras,
)
