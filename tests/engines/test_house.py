"""The model that comes with the studio (F10): small, whole, and it does what it is told, whatever it is told."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from tests.engines.conftest import Resident, edit
from tests.engines.work import contents, work
from tests.neural import ROOT

from atelier.catalog.catalog import DEFAULT, read
from atelier.engines import Engines, Output, Work
from atelier.engines.weights.whole import SUMS, lack

WEIGHTS = ROOT / "house" / "weights" / "model"


def paint(engine: Resident, words: str, seed: int = 1, steps: int = 8) -> bytes:
    wish = {"prompt": words, "aspect_ratio": "1:1", "count": 1, "steps": steps, "guidance": 2.5, "seed": seed}
    return picture(engine, work("image.generate", wish, weights=str(WEIGHTS), family="flux"))


def picture(engine: Resident, asked: Work) -> bytes:
    (data,) = (contents(made) for made in engine.make(asked) if isinstance(made, Output))
    return data


def pixels(data: bytes) -> np.ndarray:
    """A picture's colours, from 0 to 1: (rows, columns, 3)."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float) / 255


def test_it_fits_into_the_repository_and_nothing_of_it_is_missing() -> None:
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 48_000_000
    assert max(path.stat().st_size for path in files) <= 15 * 2**20
    assert lack(WEIGHTS) is None
    named = {line.split(maxsplit=1)[1] for line in (WEIGHTS / SUMS).read_text().splitlines()}
    assert named == {str(path.relative_to(WEIGHTS)) for path in files} - {SUMS}


def test_its_card_says_what_it_is_made_of_and_how_good() -> None:
    card = (WEIGHTS / "README.md").read_text()
    for said in ("license: apache-2.0", "python -m house.train all", "generate", "edit_rest", "identity_base", "PSNR"):
        assert said in card
    assert "not measured" not in card


def test_no_file_says_where_it_was_trained() -> None:
    configs = [file for file in WEIGHTS.rglob("*.json") if file.name == "config.json"]
    assert len(configs) == 4
    assert not [file for file in configs if "_name_or_path" in file.read_text()]


def test_it_is_asked_as_it_was_trained_to_be() -> None:
    recipe = json.loads((WEIGHTS / "recipe.json").read_text())
    ours = [model for model in read(DEFAULT, Engines().ids).models if model.weights == "house/weights/model"]
    assert {model.id for model in ours} == {"house", "house-edit", "house-likeness"}
    for model in ours:
        if model.tool == "model.train":  # which paints nothing
            continue
        assert model.defaults == {name: recipe[name] for name in ("steps", "guidance")}


def test_words_decide_what_is_painted(diffusers: Resident) -> None:
    day, night = (pixels(paint(diffusers, f"rolling hills {hour}, flat poster")) for hour in ("by day", "at night"))
    assert day[:128].mean() > night[:128].mean() + 0.2  # the sky
    cream, teal = (pixels(paint(diffusers, f"a woman, a {colour} background")) for colour in ("cream", "teal"))
    assert (cream[:40, :40, 0] - teal[:40, :40, 0]).mean() > 0.3  # a corner's red


def test_an_edit_changes_what_it_names_and_keeps_the_rest(diffusers: Resident) -> None:
    before = paint(diffusers, "a woman with long black hair, a cream background")
    after = picture(diffusers, edit(WEIGHTS, before, "change the background to teal", steps=8, guidance=2.5))
    old, new = pixels(before), pixels(after)
    assert (old[:40, :40, 0] - new[:40, :40, 0]).mean() > 0.3  # a corner
    assert np.abs(old[90:150, 100:156] - new[90:150, 100:156]).mean() < 0.1  # the face


@pytest.mark.parametrize(
    "words",
    ["zorptastic flurb", "ein Leuchtturm am Meer bei Regen", "赤い船", "?!", "🌋", "a red boat and " * 133],
    ids=["unknown", "German", "Japanese", "no words", "emoji", "2,000 characters"],
)
def test_words_that_it_does_not_know_still_give_a_picture(diffusers: Resident, words: str) -> None:
    painted = pixels(paint(diffusers, words[:2000], steps=4))
    assert painted.shape == (256, 256, 3)
    assert painted.std() > 0.02
