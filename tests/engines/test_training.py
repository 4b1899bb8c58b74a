"""Training of personal models (A2, A3, D15): watched, stopped at any step, charged by steps, and of use afterwards."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load
from tests.engines.conftest import Resident
from tests.engines.test_families import ID, Weights, asked, engine, outcome, weights
from tests.engines.work import contents, work

from atelier.engines import Measure, Output, Preview, Progress, Unfit, Usage, Work
from atelier.tools.model_train import CONSENT

__all__ = ["engine", "weights"]
PHOTOS = [f"019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b{place:02d}" for place in range(10, 15)]


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 80), colour).save(out, "PNG")
    return out.getvalue()


def training(weights: Weights, family: str = "flux", steps: int = 40, **more: Any) -> Work:
    wish = {"photos": PHOTOS, "trigger": "userann", "subject": "person", "consent": CONSENT, "steps": steps}
    wish |= {"lora_rank": 4, "learning_rate": 0.01, "seed": 5}
    files: Any = {"photos": [photo(colour) for colour in ("red", "red", "maroon", "red", "brown")]}
    return work("model.train", {**wish, **more}, weights=str(weights(family)), family=family, files=files)


@pytest.fixture(scope="session")
def trained(engine: Resident, weights: Weights) -> list[Any]:
    made = list(engine.make(training(weights)))
    return [each if not isinstance(each, Output) else contents(each) for each in made]


def test_a_training_tells_its_steps_its_loss_samples_and_what_it_used(trained: list[Any]) -> None:
    assert [each.step for each in trained if isinstance(each, Progress)][-1] == 40
    losses = [each for each in trained if isinstance(each, Measure)]
    assert [each.step for each in losses] == [10, 20, 30, 40]
    assert {each.name for each in losses} == {"loss"}
    assert losses[-1].value < losses[0].value
    assert sum(each.amounts["steps"] for each in trained if isinstance(each, Usage)) == 40
    samples = [each for each in trained if isinstance(each, Preview)]
    assert len(samples) == 3
    assert Image.open(io.BytesIO(samples[0].data)).format == "WEBP"


def test_what_was_trained_changes_pictures_towards_the_photos(
    trained: list[Any], engine: Resident, weights: Weights
) -> None:
    [adapter] = [each for each in trained if isinstance(each, bytes)]
    assert all(np.isfinite(each).all() for each in load(adapter).values())
    folder = weights("flux")

    def shown(**more: Any) -> bytes:
        return outcome(engine, asked(folder, "flux", guidance=1, steps=6, **more))[0]

    plain = shown(prompt="userann, a person")
    worn = shown(prompt="userann, a person", files={"adapter": adapter}, adapter=ID)
    assert worn != plain
    assert shown(prompt="userann, a person") == plain, "the base model is what it was before the training"


def test_the_same_photos_and_seed_train_the_same(engine: Resident, weights: Weights) -> None:
    def adapter(seed: int) -> bytes:
        made = list(engine.make(training(weights, steps=10, seed=seed)))
        return next(contents(each) for each in made if isinstance(each, Output))

    first, again, other = adapter(1), adapter(1), adapter(2)
    assert {name: each.tobytes() for name, each in load(first).items()} == {
        name: each.tobytes() for name, each in load(again).items()
    }
    assert first != other


def test_a_training_that_is_stopped_leaves_the_model_as_it_was(engine: Resident, weights: Weights) -> None:
    folder = weights("flux")
    before, _ = outcome(engine, asked(folder, "flux"))
    making = engine.make(training(weights, steps=4000))
    used = 0
    for made in making:
        used += made.amounts["steps"] if isinstance(made, Usage) else 0
        if used >= 20:
            break
    making.close()  # type: ignore[attr-defined]  # it is a generator
    assert outcome(engine, asked(folder, "flux"))[0] == before


def test_a_family_that_cannot_be_trained_says_so(engine: Resident, weights: Weights) -> None:
    with pytest.raises(Unfit, match="cannot be trained here yet"):
        list(engine.make(training(weights, "z-image")))
