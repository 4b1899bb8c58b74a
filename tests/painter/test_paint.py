"""Painting: the same wish gives the same picture, and each word changes its own place."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from painter import Stage, paint

Pixels = npt.NDArray[np.int16]


def stages(
    prompt: str, seed: int = 7, size: tuple[int, int] = (240, 320), negative: str = "", steps: int = 32
) -> list[Stage]:
    return list(paint(prompt, width=size[0], height=size[1], seed=seed, negative_prompt=negative, steps=steps))


def pixels(prompt: str, seed: int = 7, negative: str = "", size: tuple[int, int] = (240, 320)) -> Pixels:
    return np.asarray(stages(prompt, seed, size, negative)[-1].picture).astype(np.int16)


def differs(first: Pixels, second: Pixels) -> npt.NDArray[np.bool_]:
    changed: npt.NDArray[np.bool_] = np.abs(first - second).max(2) > 24
    return changed


def test_the_same_wish_gives_the_same_pixels() -> None:
    first, second = stages("a red boat at dusk")[-1], stages("a red boat at dusk")[-1]
    assert first.picture.tobytes() == second.picture.tobytes()


def test_another_seed_gives_another_picture() -> None:
    assert differs(pixels("a red boat at dusk", 1), pixels("a red boat at dusk", 2)).mean() > 0.05


def test_stages_rise_to_the_whole_picture() -> None:
    seen = stages("a lighthouse at night with stars")
    steps = [stage.step for stage in seen]
    assert steps == sorted(set(steps))
    assert [stage.done for stage in seen] == [False] * (len(seen) - 1) + [True]
    assert seen[-1].step == seen[-1].steps == 32
    assert seen[-1].picture.size == (240, 320)
    assert all(stage.picture.width <= 80 for stage in seen[:-1])


def test_one_step_is_enough() -> None:
    assert [stage.step for stage in stages("hills", steps=1)] == [1]


@pytest.mark.parametrize("size", [(128, 128), (128, 228), (228, 128), (321, 517), (2048, 300)])
def test_any_size_is_painted_whole(size: tuple[int, int]) -> None:
    assert stages("three boats and mountains", size=size)[-1].picture.size == size


def test_stars_change_the_sky_and_leave_the_boat_where_it_was() -> None:
    plain, starry = pixels("a red boat on the sea at dusk"), pixels("a red boat on the sea at dusk with stars")
    changed = differs(plain, starry)
    assert changed[:160].any()
    assert not changed[230:].any()


def test_a_boat_changes_the_water_and_not_the_sky() -> None:
    changed = differs(
        pixels("the sea at noon with a lighthouse"), pixels("the sea at noon with a lighthouse and a boat")
    )
    assert changed[150:].any()
    assert not changed[:90].any()


@pytest.mark.parametrize(
    "word",
    [
        "moon",
        "clouds",
        "birds",
        "balloon",
        "boat",
        "lighthouse",
        "whale",
        "rainbow",
        "mountains",
        "city",
        "dolphin",
        "rain",
        "snow",
        "fog",
        "aurora",
        "ship",
        "comet",
        "swan",
        "bridge",
        "palm",
        "stars",
        "island",
        "road",
    ],
)
def test_every_word_at_sea_leaves_its_mark(word: str) -> None:
    prompt = f"the sea in the morning, {word}"
    assert differs(pixels(prompt), pixels(prompt, negative=word)).any()


@pytest.mark.parametrize(
    "word",
    [
        "house",
        "tree",
        "windmill",
        "castle",
        "sheep",
        "fox",
        "flowers",
        "road",
        "river",
        "train",
        "tent",
        "cactus",
        "person",
        "deer",
        "bear",
        "owl",
        "kite",
        "plane",
        "mushroom",
        "birch",
        "village",
        "elephant",
        "lavender field",
    ],
)
def test_every_word_on_land_leaves_its_mark(word: str) -> None:
    prompt = f"hills at noon, {word}"
    assert differs(pixels(prompt), pixels(prompt, negative=word)).any()


def test_the_negative_prompt_takes_things_away() -> None:
    with_boat = "the sea at noon with a lighthouse and a boat"
    assert (pixels(with_boat, negative="boat") == pixels("the sea at noon with a lighthouse", negative="boat")).all()


def _reds(picture: Pixels) -> int:
    return int(((picture[:, :, 0] > 130) & (picture[:, :, 1] < 90) & (picture[:, :, 2] < 90)).sum())


def _blues(picture: Pixels) -> int:
    return int(((picture[:, :, 2] > 110) & (picture[:, :, 0] < 90) & (picture[:, :, 2] - picture[:, :, 0] > 60)).sum())


def test_a_red_boat_is_red_and_a_blue_house_is_blue() -> None:
    assert _reds(pixels("a red boat at noon")) > _reds(pixels("a white boat at noon")) + 30
    assert _blues(pixels("a blue house in the dunes at noon")) > _blues(pixels("a red house in the dunes at noon")) + 60


def test_three_boats_are_more_than_one() -> None:
    one, three = pixels("a red boat at noon"), pixels("three red boats at noon")
    assert _reds(three) > _reds(one) * 1.5


@pytest.mark.parametrize(
    "style", ["paper", "ink", "risograph", "watercolour", "linocut", "minimal", "bauhaus", "abstract", "poster"]
)
def test_styles_look_different(style: str) -> None:
    assert differs(pixels("mountains at dusk"), pixels(f"mountains at dusk, {style}")).mean() > 0.02


@pytest.mark.parametrize(
    "prompt",
    ["portrait of a woman", "an old man", "a cat", "two dogs", "a vase of flowers", "a cup of coffee", "abstract"],
)
def test_people_pets_and_things_are_painted_too(prompt: str) -> None:
    assert len(np.unique(pixels(prompt).reshape(-1, 3), axis=0)) > 200


@given(st.text(max_size=120), st.integers(-(2**40), 2**63))
@settings(max_examples=40, deadline=None)
def test_anything_gives_a_picture(prompt: str, seed: int) -> None:
    assert stages(prompt, seed, (128, 128))[-1].done


WORDS = [
    *("sea", "lake", "city", "boat", "two", "red", "night", "mountain", "no", "tiny", "left", "fog", "cat", "woman"),
    *("riso", "castle", "flower", "ink", "bridge", "train", "storm", "volcano", "paper", "desert", "palm", "vase", ","),
    *("neon", "waterfall", "sun", "moon", "minimal", "abstract", "bauhaus", "rain", "birds", "fish", "river", "tent"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=9), st.lists(st.sampled_from(WORDS), max_size=3), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_any_mix_of_known_words_gives_a_picture(words: list[str], banned: list[str], seed: int) -> None:
    assert stages(" ".join(words), seed, (128, 160), " ".join(banned))[-1].done


@pytest.mark.parametrize(
    "prompt",
    ["", "   ", "🎈🌊", "x" * 2000, "boat " * 400, "月 山 海", "наступает ночь", "\x00\ud7ff", "1 2 3 999999"],
)
def test_odd_prompts_give_pictures(prompt: str) -> None:
    assert stages(prompt, size=(128, 160))[-1].done
