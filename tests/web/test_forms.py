"""Forms from schemas: widgets, bounds, what was typed, and what a browser sends back."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, Field

from atelier.tools.image_generate import ImageGenerate
from atelier.web.forms import FormField, form_fields, form_values


class Wish(BaseModel):
    words: str = Field(max_length=500, title="Words")
    name: str = Field("", max_length=60)
    count: int = Field(4, ge=1, le=8)
    weight: float = Field(1.0, json_schema_extra={"step": 0.25})
    seed: int | None = Field(None, ge=0, json_schema_extra={"widget": "seed", "advanced": True})
    style: Literal["flat", "ink"] = "flat"
    loud: bool = True


def fields(values: dict[str, object] | None = None, errors: dict[str, str] | None = None) -> dict[str, FormField]:
    return {field.name: field for field in form_fields(Wish, values, errors)}


def test_a_type_chooses_its_widget() -> None:
    assert {name: field.widget for name, field in fields().items()} == {
        "words": "textarea",
        "name": "text",
        "count": "slider",
        "weight": "number",
        "seed": "seed",
        "style": "select",
        "loud": "toggle",
    }


def test_bounds_and_defaults_come_from_the_schema() -> None:
    found = fields()
    assert (found["count"].low, found["count"].high, found["count"].step, found["count"].value) == (1, 8, 1, "4")
    assert (found["weight"].step, found["weight"].value) == (0.25, "1")
    assert found["words"].required
    assert found["words"].max_length == 500
    assert [option.value for option in found["style"].options] == ["flat", "ink"]
    assert found["seed"].advanced


def test_what_was_typed_stays_with_what_is_wrong() -> None:
    found = fields({"count": "nine", "words": "a boat"}, {"count": "How many must be a number."})
    assert (found["count"].value, found["count"].error) == ("nine", "How many must be a number.")
    assert (found["words"].value, found["words"].error) == ("a boat", None)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"seed_choice": "random", "seed": "77"}, None),
        ({"seed_choice": "fixed", "seed": "77"}, "77"),
        ({"seed": "77"}, "77"),
        ({"seed_choice": "fixed", "seed": ""}, None),
    ],
)
def test_a_random_seed_is_no_seed(typed: dict[str, str], expected: str | None) -> None:
    assert form_values(Wish, {"words": "a", **typed}).get("seed") == expected


def test_a_random_seed_keeps_no_number_in_the_form() -> None:
    assert fields({"seed": "77", "seed_choice": "random"})["seed"].value == ""
    assert fields({"seed": "77", "seed_choice": "fixed"})["seed"].value == "77"


def test_an_empty_required_text_is_sent_and_an_empty_optional_one_is_not() -> None:
    sent = form_values(Wish, {"words": "", "name": "", "count": ""})
    assert sent["words"] == ""
    assert "name" not in sent
    assert "count" not in sent


def test_a_toggle_that_is_not_sent_is_off() -> None:
    assert form_values(Wish, {"words": "a"})["loud"] is False
    assert form_values(Wish, {"words": "a", "loud": "true"})["loud"] is True


def test_a_field_that_the_tool_lacks_is_passed_on_to_be_refused() -> None:
    assert form_values(Wish, {"words": "a", "shoe": "42"})["shoe"] == "42"


def test_the_picture_tool_goes_through_its_form_and_back() -> None:
    tool = ImageGenerate()
    shown = form_fields(tool.Input, {"prompt": "A red boat"})
    sent = {field.name: field.value for field in shown if field.widget != "hidden"} | {"seed_choice": "random"}
    assert tool.parse(form_values(tool.Input, sent)) == tool.Input(prompt="A red boat")


def test_aspect_ratios_are_drawn_in_their_shape() -> None:
    shapes = next(field for field in form_fields(ImageGenerate.Input) if field.widget == "aspect")
    for option in shapes.options:
        across, down = (int(part) for part in option.value.split(":"))
        assert option.width / option.height == pytest.approx(across / down, rel=0.03)
        assert option.width <= 30
        assert option.height <= 22


def test_a_seed_of_64_bits_goes_through_a_form_exactly() -> None:
    found = {field.name: field for field in form_fields(ImageGenerate.Input, {"seed": 2**64 - 1})}
    assert found["seed"].value == "18446744073709551615"
    typed = {"prompt": "a boat", "seed_choice": "fixed", "seed": found["seed"].value}
    assert ImageGenerate().parse(form_values(ImageGenerate.Input, typed)).seed == 2**64 - 1
