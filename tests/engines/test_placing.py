"""Plans applied to a tiny model by the real engine, on a card that exists only in the test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engines.conftest import Resident, reference
from tests.engines.work import contents, work

from atelier.engines import Made, OutOfMemory, Output, Unfit, Work
from atelier.engines.child import ChildEngine
from atelier.engines.kinds.diffusers import CALM
from atelier.engines.local.diffusers_engine import DiffusersEngine
from atelier.engines.local.placement import GB, MEMORY, Memory

HERE = "tests.engines.test_placing"
CARD = "ATELIER_TEST_CARD"  # bytes that the card has
WISH = {"prompt": "a red boat", "count": 1, "steps": 2, "seed": 1, "guidance": 1}

pytestmark = pytest.mark.usefixtures("libraries")


class Carded(DiffusersEngine):
    """Works on a card that is the machine's own memory, and tells by which plan."""

    def make(self, work: Work) -> Iterator[Made]:
        import torch

        from atelier.engines.local.diffusion.opening import Openings

        class Card:
            name, device = "A card", torch.device("cpu")

            def free(self) -> int:
                return int(os.environ[CARD])

            def peak(self) -> int:
                return 2 * GB

            def empty(self) -> None:
                return

        self._openings = self._openings or Openings(Memory(Path(os.environ[MEMORY])), Card)
        if "out" in work.input.get("prompt", "") and not work.lower:
            from diffusers import FluxPipeline

            def fail(*_: Any, **__: Any) -> Any:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

            FluxPipeline.__call__ = fail
        for made in super().make(work):
            if isinstance(made, Output):
                placed = self._openings._placing.placed  # type: ignore[union-attr]
                yield work.output(made.position, made.path.read_bytes(), "image/png", {"plan": placed.key})  # type: ignore[union-attr]
            else:
                yield made


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "placement.json"


def _engine(memory: Path, gigabytes: float) -> ChildEngine:
    environment = {**CALM, "OMP_NUM_THREADS": "2", MEMORY: str(memory), CARD: str(int(gigabytes * GB))}
    return ChildEngine(f"{HERE}:Carded", environment=environment)


async def _pictures(engine: ChildEngine, tiny: Path, **wish: Any) -> list[Output]:
    asked = work("image.generate", {**WISH, **wish}, weights=str(tiny), family="flux")
    return [made async for made in engine.make(asked) if isinstance(made, Output)]


async def test_where_everything_fits_a_picture_is_the_same_as_without_a_card(
    memory: Path, tiny: Path, diffusers: Resident
) -> None:
    engine = _engine(memory, 48)
    (picture,) = await _pictures(engine, tiny)
    await engine.close()
    assert picture.settings["plan"] == "resident/whole"
    plain = diffusers.make(work("image.generate", WISH, weights=str(tiny), family="flux"))
    assert [contents(made) for made in plain if isinstance(made, Output)] == [contents(picture)]
    remembered = Memory(memory).of("A card", "/".join(tiny.parts[-2:]))
    assert list(remembered.taken) == ["resident/whole/1"]
    assert 0 < remembered.taken["resident/whole/1"] <= 2 * GB


async def test_memory_that_runs_out_lowers_the_plan_and_is_remembered(memory: Path, tiny: Path) -> None:
    engine = _engine(memory, 48)
    (picture,) = await _pictures(engine, tiny, prompt="out")
    assert picture.settings["plan"] == "fp8/whole"
    (found,) = json.loads(memory.read_text())["A card"].values()
    assert set(found["failed"]) == {"resident/whole"}
    await engine.close()
    again = _engine(memory, 48)
    (picture,) = await _pictures(again, tiny)
    assert picture.settings["plan"] != "resident/whole"  # it begins lower
    await again.close()


@pytest.mark.parametrize("plan", ["fp8-readers", "group"])
async def test_a_model_in_layers_paints_what_it_painted_as_a_whole(
    memory: Path, tiny: Path, plan: str, diffusers: Resident
) -> None:
    """What fits is told by what ran out before: the tiny model itself fits everywhere."""
    weights = "/".join(tiny.parts[-2:])
    plans = ["resident", "fp8", "offload", "fp8-readers", "group"]
    failed = {f"{each}/{how}": [1, 100 * GB] for each in plans[: plans.index(plan)] for how in ("whole", "tiles")}
    memory.write_text(json.dumps({"A card": {weights: {"failed": failed}}}))
    engine = _engine(memory, 48)
    (picture,) = await _pictures(engine, tiny)
    assert picture.settings["plan"] == f"{plan}/whole"
    (again,) = await _pictures(engine, tiny)
    assert contents(again) == contents(picture)
    await engine.close()
    if plan == "group":
        plain = diffusers.make(work("image.generate", WISH, weights=str(tiny), family="flux"))
        assert [contents(made) for made in plain if isinstance(made, Output)] == [contents(picture)]


async def test_memory_that_runs_out_again_fails_with_a_sentence(memory: Path, tiny: Path) -> None:
    engine = ChildEngine(f"{HERE}:Hopeless", environment={**CALM, MEMORY: str(memory)})
    with pytest.raises(OutOfMemory, match="Ask for a smaller size"):
        await _pictures(engine, tiny)
    await engine.close()


class Hopeless(DiffusersEngine):
    """Has no room whatever it takes."""

    def make(self, work: Work) -> Iterator[Made]:
        import torch

        raise torch.OutOfMemoryError("CUDA out of memory.")


async def test_what_is_not_all_on_the_card_is_not_trained(memory: Path, tiny: Path) -> None:
    failed = {"resident/whole": [1, 100 * GB], "resident/tiles": [1, 100 * GB]}
    memory.write_text(json.dumps({"A card": {"/".join(tiny.parts[-2:]): {"failed": failed}}}))
    engine = _engine(memory, 48)
    photos = [f"019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b{place:02d}" for place in range(10, 15)]
    wish = {"photos": photos, "trigger": "zoe", "subject": "style", "steps": 10, "lora_rank": 2, "learning_rate": 0.01}
    files = {"photos": [reference()] * 5}
    asked = work("model.train", {**wish, "seed": 1}, weights=str(tiny), family="flux", files=files)
    with pytest.raises(Unfit, match="all of it must fit into the card's memory"):
        assert [made async for made in engine.make(asked)]
    await engine.close()
