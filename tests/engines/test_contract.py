"""What every engine of pictures keeps to: progress, previews, outputs, seeds, refusals, and an end when asked."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, cast

import pytest
from PIL import Image
from tests.engines.conftest import edit, reference
from tests.engines.work import contents, work

from atelier.engines import BadInput, Made, Output, Preview, Progress, Work
from atelier.engines.engine import LocalEngine
from atelier.engines.local.sketch_engine import SketchEngine


class Contract(NamedTuple):
    """An engine, and how it is asked for pictures."""

    engine: LocalEngine
    work: Callable[..., Work]

    def make(self, words: str = "a red boat", **more: Any) -> list[Made]:
        return list(self.engine.make(self.work(words, **more)))

    def pictures(self, words: str = "a red boat", **more: Any) -> list[bytes]:
        return [contents(made) for made in self.make(words, **more) if isinstance(made, Output)]


def _generate(weights: str, family: str) -> Callable[..., Work]:
    def ask(words: str, **more: Any) -> Work:
        wish = {"prompt": words, "count": 1, "steps": 2, "seed": 1, "guidance": 1, "aspect_ratio": "3:4", **more}
        return work("image.generate", wish, weights=weights, family=family)

    return ask


@pytest.fixture(params=["sketch", "flux", "flux-kontext"])
def contract(request: pytest.FixtureRequest) -> Contract:
    if request.param == "sketch":
        return Contract(SketchEngine(), _generate("", ""))
    engine, tiny = request.getfixturevalue("diffusers"), request.getfixturevalue("tiny")
    if request.param == "flux":
        return Contract(engine, _generate(str(tiny), "flux"))
    return Contract(engine, lambda words, **more: edit(tiny, reference(), words, **more))


def test_progress_rises_to_its_end_before_each_picture(contract: Contract) -> None:
    made = contract.make(count=2, steps=3)
    for position in (0, 1):
        steps = [each for each in made if isinstance(each, Progress) and each.position == position]
        assert [each.step for each in steps] == sorted(each.step for each in steps)
        assert (steps[-1].step, steps[-1].steps) == (3, 3)
        output = next(each for each in made if isinstance(each, Output) and each.position == position)
        assert made.index(steps[-1]) < made.index(output)


def test_previews_are_small_webp_pictures(contract: Contract) -> None:
    previews = [each for each in contract.make(steps=4) if isinstance(each, Preview)]
    assert previews
    for preview in previews:
        shown = Image.open(io.BytesIO(preview.data))
        assert shown.format == "WEBP"
        assert max(shown.size) <= 384


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
def test_outputs_are_pictures_of_the_asked_format_and_shape(contract: Contract, format: str) -> None:
    (output,) = (made for made in contract.make(format=format, quality=90) if isinstance(made, Output))
    picture = Image.open(output.path)
    assert output.content_type == f"image/{format}"
    assert picture.format == format.upper()
    assert picture.width / picture.height == pytest.approx(3 / 4, abs=0.02)


def test_a_seed_makes_the_same_picture_again_and_another_makes_another(contract: Contract) -> None:
    first, second = contract.pictures(count=2, seed=7)
    assert first != second
    assert contract.pictures(count=1, seed=7) == [first]
    assert contract.pictures(count=1, seed=8) == [second]


def test_the_settings_of_each_picture_make_it_again(contract: Contract) -> None:
    made = [each for each in contract.make(count=2, seed=2**31 - 1) if isinstance(each, Output)]
    assert [each.settings["seed"] for each in made] == [2**31 - 1, 0]


def test_large_seeds_make_pictures_of_their_own(contract: Contract) -> None:
    made = [each for each in contract.make(count=1, seed=2**64 - 1) if isinstance(each, Output)]
    assert [each.settings["seed"] for each in made] == [2**64 - 1]
    low, high = contract.pictures(count=1, seed=5), contract.pictures(count=1, seed=2**63 + 5)
    assert low != high
    assert contract.pictures(count=1, seed=2**63 + 5) == high


@pytest.mark.parametrize(
    "words",
    ["x", "雪の山と月", "🎈" * 40, "a boat " * 285, "pneumonoultramicroscopic <lora:x:1> %s {0}", "…", "\n\t,,,,"],
    ids=["letter", "japanese", "emoji", "2000 letters", "unknown", "dots", "spaces"],
)
def test_any_words_give_a_picture(contract: Contract, words: str) -> None:
    assert len(contract.pictures(words[:2000])) == 1


def test_another_tool_is_refused(contract: Contract) -> None:
    with pytest.raises(BadInput):
        list(contract.engine.make(work("video.generate", {"prompt": "x"})))


def test_closing_it_ends_the_work_long_before_its_end(contract: Contract) -> None:
    contract.pictures()  # what has to be read is read
    making = cast("Generator[Made]", contract.engine.make(contract.work("a boat", steps=100, count=4)))
    at: list[float] = []
    for made in making:
        if isinstance(made, Progress):
            at.append(time.monotonic())
            if len(at) == 3:
                break
    making.close()
    step = (at[2] - at[0]) / 2  # as long as a step takes on this machine, with what else it has to do
    assert time.monotonic() - at[2] < 1 + 10 * step  # more of them were left
    assert len(contract.pictures()) == 1
