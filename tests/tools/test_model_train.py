"""What a training asks for (A2, A3, C8): five photos or more, a trigger word, and consent for a person."""

from __future__ import annotations

from typing import Any

import pytest

from atelier.tools import find
from atelier.tools.model_train import CONSENT, CONSENTS, plan
from atelier.tools.tool import InvalidInput

PHOTOS = [f"019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b{place:02d}" for place in range(10, 60)]
GOOD: dict[str, Any] = {"photos": PHOTOS[:5], "trigger": "userann", "consent": CONSENT}


@pytest.mark.parametrize(
    ("count", "expected"),
    [(5, (32, 1200, 1e-4)), (9, (32, 1200, 1e-4)), (14, (40, 1200, 1e-4)), (15, (48, 1400, 8e-5))],
)
def test_the_defaults_follow_the_number_of_photos(count: int, expected: tuple[int, int, float]) -> None:
    assert plan(count) == expected
    tool = find("model.train")
    input = tool.resolve(tool.parse({**GOOD, "photos": PHOTOS[:count]}))
    assert (input.lora_rank, input.steps, input.learning_rate) == expected
    assert input.seed is not None
    assert tool.most(input) == {"steps": expected[1]}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"photos": PHOTOS[:4]}, "photos"),
        ({"photos": PHOTOS[:41]}, "photos"),
        ({"photos": [PHOTOS[0]] * 5}, "photos"),
        ({"trigger": "Anna!"}, "trigger"),
        ({"consent": ""}, "consent"),
        ({"consent": "likeness-0"}, "consent"),
        ({"captions": ["one"]}, "captions"),
        ({"steps": 5}, "steps"),
        ({"learning_rate": 1}, "learning_rate"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find("model.train").parse({**GOOD, **wrong})
    assert refused.value.field == field


def test_without_a_person_no_consent_is_needed() -> None:
    find("model.train").parse({**GOOD, "subject": "style", "consent": ""})


def test_what_is_charged_is_what_was_trained() -> None:
    tool = find("model.train")
    input = tool.resolve(tool.parse(GOOD))
    assert tool.used(input, 0, {"steps": 120}) == {"steps": 120}
    assert tool.used(input, 1, {"steps": 1200}) == {"steps": 1200}
    assert tool.used(input, 0, {}) == {"steps": 0}


def test_a_text_that_was_agreed_to_is_never_changed() -> None:
    assert CONSENTS["likeness-1"].startswith("I am the person in these photos, or that person has agreed")
    assert CONSENT in CONSENTS
