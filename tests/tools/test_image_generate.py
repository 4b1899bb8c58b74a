"""A4: the defaults of a picture, declared once; and what is refused, with its field."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.tools import InvalidInput, UnknownTool, find
from atelier.tools.image_generate import SIZES
from atelier.tools.seeds import seed_of

tool = find("image.generate")


def test_the_defaults_are_those_of_the_mission() -> None:
    wish = tool.parse({"prompt": "a boat"})
    assert (wish.guidance, wish.lora_scale, wish.steps, wish.aspect_ratio) == (3.5, 1.0, 32, "3:4")
    assert (wish.format, wish.quality, wish.count) == ("png", 100, 4)
    assert tool.most(wish) == {"pictures": 4}


def test_nothing_is_left_to_chance_once_it_is_settled() -> None:
    wish = tool.resolve(tool.parse({"prompt": "a boat"}))
    assert wish.seed is not None
    assert tool.resolve(wish) == wish


@pytest.mark.parametrize(
    ("raw", "field", "says"),
    [
        ({}, "prompt", "empty"),
        ({"prompt": " \n "}, "prompt", "empty"),
        ({"prompt": "x" * 2001}, "prompt", "at most 2,000 characters"),
        ({"prompt": "a\x07b"}, "prompt", "control characters"),
        ({"prompt": "a", "count": 0}, "count", "at least 1"),
        ({"prompt": "a", "count": 9}, "count", "at most 8"),
        ({"prompt": "a", "aspect_ratio": "2:1"}, "aspect_ratio", "must be one of 3:4"),
        ({"prompt": "a", "colour": "red"}, "colour", "no setting called 'colour'"),
        ({"prompt": "a", "steps": "many"}, "steps", "integer"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(raw: dict[str, object], field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as found:
        tool.parse(raw)
    assert found.value.field == field
    assert says in found.value.message


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as found:
        tool.parse({"prompt": "", "count": 99, "steps": 0})
    assert set(found.value.faults) == {"prompt", "count", "steps"}


@given(
    st.dictionaries(st.text(max_size=20), st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans()))
)
def test_garbage_is_either_a_wish_or_refused_with_a_sentence(raw: dict[str, object]) -> None:
    with suppress(InvalidInput):
        assert tool.parse(raw).prompt


def test_every_shape_has_about_the_same_area() -> None:
    for width, height in SIZES.values():
        assert abs(width * height / (768 * 1024) - 1) < 0.05
        assert width % 32 == height % 32 == 0


def test_an_unknown_tool_is_named() -> None:
    with pytest.raises(UnknownTool, match=r"image\.dream"):
        find("image.dream")


@pytest.mark.parametrize("tool_id", ["image.generate", "image.edit"])
@pytest.mark.parametrize(
    "seed", [0, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64 - 1, "0", "9007199254740993", str(2**64 - 1), " 7 "]
)
def test_a_seed_of_64_bits_is_taken_exactly_as_a_number_or_as_text(tool_id: str, seed: int | str) -> None:
    tool = find(tool_id)
    raw = {"prompt": "a boat"} if tool_id == "image.generate" else {"image": str(UUID(int=1)), "instruction": "x"}
    assert tool.parse({**raw, "seed": seed}).seed == int(seed)


@pytest.mark.parametrize(
    ("seed", "says"),
    [
        (2**64, "at most 18446744073709551615"),
        (str(2**64), "at most 18446744073709551615"),
        ("9" * 5000, "at most 18446744073709551615"),
        (-1, "at least 0"),
        ("-1", "at least 0"),
        (float(2**53 + 2), "Send it as text"),
        (2.5, "whole number"),
        ("2.5", "whole number"),
        ("1e3", "whole number"),
        (True, "whole number"),
        ([1], "whole number"),
    ],
)
def test_a_seed_that_cannot_be_taken_is_refused_with_a_sentence(seed: object, says: str) -> None:
    with pytest.raises(InvalidInput) as found:
        tool.parse({"prompt": "a boat", "seed": seed})
    assert found.value.field == "seed"
    assert says in found.value.message


def test_the_schema_says_that_a_seed_may_be_text() -> None:
    seed = tool.Input.model_json_schema()["properties"]["seed"]
    assert {"type": "integer", "minimum": 0, "maximum": 2**64 - 1} in seed["anyOf"]
    assert {"type": "string", "pattern": "^[0-9]{1,20}$"} in seed["anyOf"]


@pytest.mark.parametrize(
    ("seed", "position", "used"),
    [
        (None, 0, 0),
        (7, 1, 8),
        (2**31 - 1, 0, 2**31 - 1),
        (2**31 - 1, 1, 0),  # as it was when seeds had 31 bits: what was made then is made again
        (2**31, 0, 2**31),
        (2**31, 1, 2**31 + 1),
        (2**64 - 1, 0, 2**64 - 1),
        (2**64 - 1, 1, 0),
    ],
)
def test_each_picture_of_a_run_has_its_own_seed(seed: int | None, position: int, used: int) -> None:
    assert seed_of(seed, position) == used
