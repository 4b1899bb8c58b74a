"""One picture of the house model: how long it takes and how much memory, in the studio's engine and in a bare pipeline.

The engine is the studio's own child process, which sends previews and can be stopped at every step; the peer is FLUX's
pipeline as diffusers brings it, in the same precision and in its own default. They take turns. HOUSE=folder names
another model.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from atelier.base.ids import new_id
from atelier.engines import Given, Output, Preview, Work
from atelier.engines.child import ChildEngine
from atelier.engines.kinds.diffusers import CALM, TARGET
from atelier.tools import Terms
from atelier.tools.image_edit import ImageEdit
from atelier.tools.image_generate import ImageGenerate
from bench.processes import ROOT

ROUNDS, REST = 7, 0.7  # seconds between turns, in which the other's threads fall asleep
WORDS, WISH = "a red boat on the sea at dusk, the sun, flat poster", "make the boat yellow"
SCRATCH = tempfile.TemporaryDirectory()
AIM_S, COUNT = 2.0, os.cpu_count() or 1


async def run() -> dict[str, Any]:
    """Seconds of a picture, an edit and a first preview, megabytes, and the peers' seconds for the same picture."""
    weights = Path(os.environ.get("HOUSE") or ROOT / "house" / "weights") / "model"
    if not weights.exists():
        raise SystemExit(f"{weights} is no model; house/README.md says how to train one.")
    from atelier.engines.local.diffusion.opening import device, precision

    known = json.loads((weights / "recipe.json").read_text())
    how = {"steps": known["steps"], "guidance": known["guidance"], "seed": 1}
    ours = str(precision(device())).removeprefix("torch.")
    engine = ChildEngine(TARGET, idle=600, environment={**CALM, "OMP_NUM_THREADS": str(COUNT)})
    times: dict[str, list[float]] = {}
    with _peer(weights, ours, known) as same, _peer(weights, "float32", known) as default:
        try:
            cold, _, picture = await _made(engine, _generate(weights, how))
            await _made(engine, _edit(weights, how, picture))
            for ask in (same, default):
                ask()
            for _ in range(ROUNDS):
                seconds, first, picture = await _made(engine, _generate(weights, how))
                times.setdefault("picture", []).append(seconds)
                times.setdefault("preview", []).append(first)
                times.setdefault("edit", []).append((await _made(engine, _edit(weights, how, picture)))[0])
                for name, ask in (("same", same), ("default", default)):
                    await asyncio.sleep(REST)
                    times.setdefault(name, []).append(ask())
                await asyncio.sleep(REST)
            memory = psutil.Process(engine.pids[0]).memory_info().rss / 2**20
        finally:
            await engine.close()
    middle = {name: round(statistics.median(values), 2) for name, values in times.items()}
    return {
        "precision": ours,
        "steps": known["steps"],
        "guidance": known["guidance"],
        "aim_s": AIM_S,
        "cold_s": round(cold, 2),
        "memory_mb": round(memory),
        **{f"{name}_s": value for name, value in middle.items()},
        "ratio": round(middle["picture"] / middle["same"], 2),
        "ratio_default": round(middle["picture"] / middle["default"], 2),
    }


def _generate(weights: Path, how: Mapping[str, Any]) -> Work:
    wish = ImageGenerate.Input(prompt=WORDS, aspect_ratio="1:1", count=1, **how)
    return _work(ImageGenerate.id, weights, "flux", wish.model_dump(mode="json"))


def _edit(weights: Path, how: Mapping[str, Any], picture: bytes) -> Work:
    wish = ImageEdit.Input(instruction=WISH, image=new_id(), count=1, **how)
    work = _work(ImageEdit.id, weights, "flux-kontext", wish.model_dump(mode="json"))
    path = work.folder / "picture"
    path.write_bytes(picture)
    return replace(work, files={"image": [Given(path, "image/png")]})


def _work(tool: str, weights: Path, family: str, wish: Mapping[str, Any]) -> Work:
    terms = Terms("diffusers", rates={}, most={}, deadline=600, family=family, weights=str(weights))
    return Work(new_id(), tool, wish, terms, Path(tempfile.mkdtemp(dir=SCRATCH.name)))


async def _made(engine: ChildEngine, work: Work) -> tuple[float, float, bytes]:
    """Seconds until the picture was there, seconds until the first preview, and the picture."""
    began, first, picture = time.perf_counter(), 0.0, b""
    async for made in engine.make(work):
        if isinstance(made, Preview):
            first = first or time.perf_counter() - began
        if isinstance(made, Output):
            picture = made.path.read_bytes()
    Image.open(io.BytesIO(picture)).verify()
    return time.perf_counter() - began, first, picture


@contextmanager
def _peer(weights: Path, precision: str, known: Mapping[str, Any]) -> Iterator[Any]:
    asked = {"prompt": WORDS, "num_inference_steps": known["steps"], "max_sequence_length": known["text_length"]}
    asked |= {"width": 256, "height": 256, "negative_prompt": "", "true_cfg_scale": known["guidance"], "seed": 1}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.bare", str(weights), precision],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    to, back = process.stdin, process.stdout
    assert to is not None
    assert back is not None
    back.readline()

    def ask() -> float:
        print(json.dumps(asked), file=to, flush=True)
        return float(back.readline())

    try:
        yield ask
    finally:
        to.close()
        process.wait(30)


def table(result: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    what = f"256 x 256, {result['steps']} steps, guidance {result['guidance']:g}"
    lines = [f"| {what} | seconds | the engine takes |", "| --- | --: | --: |"]
    lines += [
        f"| the studio's engine, {result['precision']}, with previews (aim: {result['aim_s']:.0f})"
        f" | {result['picture_s']} | |",
        f"| … until the first preview | {result['preview_s']} | |",
        f"| … an edit | {result['edit_s']} | |",
        f"| … the first picture, libraries and weights read | {result['cold_s']} | |",
        f"| a bare pipeline, {result['precision']} | {result['same_s']} | {result['ratio']} x |",
        f"| a bare pipeline, float32 as it comes | {result['default_s']} | {result['ratio_default']} x |",
    ]
    return "\n".join(lines) + f"\n\nThe engine's process holds {result['memory_mb']} MB after its pictures."
