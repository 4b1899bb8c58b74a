"""How faithfully the house model does what it is told: words followed, edits granted, the rest kept, a face learned.

`bin/bench fidelity` asks in pieces of 14 minutes until there are 500 pictures a figure, and goes on where it ended;
`--quick` takes 45 seconds; `--json` prints the six figures and nothing else. HOUSE=folder names another model, whose
figures are printed and not kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
COUNT, MINUTES, QUICK_SECONDS = 500, 14.0, 45.0
NEEDED = ("torch", "diffusers", "transformers", "peft", "skia")


def run(options: Sequence[str] = ()) -> dict[str, Any]:
    """Measure the model in house/weights, or the one that HOUSE names."""
    began = time.monotonic()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        install = f"{sys.executable} -m pip install -r house/requirements.txt"
        raise SystemExit(f"bin/bench fidelity needs {', '.join(missing)}: {install}")
    shipped = ROOT / "house" / "weights"
    folder = Path(os.environ.get("HOUSE") or shipped)
    if not (folder / "model").exists() or not (folder / "judge").exists():
        raise SystemExit(f"{folder} has no trained model and judge; house/README.md says how to train them.")
    from house.judge import fidelity
    from house.train import device, pipeline, recipe

    quick, here = "--quick" in options, device.pick()
    device.prepare(here, 0)
    if damaged := pipeline.damaged(folder / "model"):
        raise SystemExit(f"Damaged: {', '.join(damaged)}. `git checkout -- {folder}` brings them back.")
    known, fast = recipe.load(folder / "model"), here.type == "cuda"
    answers = ROOT / "data" / "fidelity" / f"{kept_in(folder)}{'-quick' if quick else ''}.jsonl"
    if quick:
        answers.unlink(missing_ok=True)
    m = fidelity.Measurement(folder, answers, here, 64 if fast else 2 if quick else 4, known.steps, known.guidance)
    if quick:
        found = fidelity.run(m, COUNT, QUICK_SECONDS - (time.monotonic() - began), people=1, learn=False)
    else:
        found = fidelity.run(m, COUNT, MINUTES * 60 - (time.monotonic() - began))
    judged = json.loads((folder / "figures.json").read_text()) if (folder / "figures.json").exists() else {}
    found["judge"] = judged.get("judge", {}).get("accuracy", {})
    if folder.resolve() != shipped.resolve():
        found["of"] = str(folder)
    if "--json" in options:
        print(
            json.dumps(
                {key: found[key] for key in fidelity.KEYS} | {"shares": found["shares"], "judge": found["judge"]}
            )
        )
    return found


def table(result: Mapping[str, Any]) -> str:
    """The six figures beside the prototype's."""
    prototype = {"generate": ".94", "hats_and_shirts": ".81", "edit": ".917", "edit_rest": ".838", "identity": "1.00"}
    prototype["identity_base"] = ".19"
    lines = ["| figure | value | 95 % interval | pictures | prototype |", "| --- | --: | --- | --: | --: |"]
    for name, before in prototype.items():
        lines.append(f"| {name} | {row(result['shares'][name])} | {before} |")
    return "\n".join(lines)


def row(share: Mapping[str, Any]) -> str:
    """A share as three cells."""
    if not share["pictures"]:
        return "not asked | | 0"
    return f"{share['value']:.3f} | {share['low']:.3f} to {share['high']:.3f} | {share['pictures']}"


def kept_in(folder: Path) -> str:
    """A name for the answers of a model and its judge, so that another's are never mixed in."""
    sums = hashlib.sha256((folder / "model" / "SHA256SUMS").read_bytes())
    for part in sorted((folder / "judge").glob("*.safetensors")):
        sums.update(hashlib.sha256(part.read_bytes()).digest())
    return sums.hexdigest()[:12]
