"""The world draws the same picture from the same seed, and an edit moves nothing but what it names."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

pytest.importorskip("skia", reason="the painter needs skia-python: pip install -r house/requirements.txt")

import skia
from house.world import (
    caption,
    draw_edit,
    draw_two,
    fields_of,
    held_out,
    land,
    paint,
    person,
    sample,
    sample_shape,
    tidy,
)
from house.world.fields import FIELDS, HATS_AND_SHIRTS, IDENTITY, SHAPES
from house.world.pen import OUTLINE, Pen, box
from house.world.rules import differs


def test_the_same_seed_draws_the_same_picture() -> None:
    for kind in ("scene", "person"):
        a = sample(random.Random(3), kind)
        assert np.array_equal(paint(a, 5), paint(a, 5))
        assert not np.array_equal(paint(a, 5), paint(a, 6))


def test_every_value_of_every_attribute_can_be_painted_in_every_shape() -> None:
    rng = random.Random(1)
    seen: dict[str, set[str]] = {field: set() for field in FIELDS}
    for number in range(320):
        a = sample(rng, None, None)
        if number % 4 == 0:
            width, height = SHAPES[sample_shape(rng)]
            assert paint(a, number, size=(width, height)).shape == (height, width, 3)
        for field, value in a.items():
            seen[field].add(value)
    assert {field: set(values) - seen[field] for field, values in FIELDS.items() if set(values) - seen[field]} == {}


def test_each_attribute_that_can_be_seen_changes_the_picture() -> None:
    rng = random.Random(2)
    for _ in range(60):
        a = sample(rng, None, None)
        field = rng.choice(fields_of(a))
        b = tidy(a | {field: rng.choice(FIELDS[field])})
        if differs(a, b) == [field]:
            assert not np.array_equal(paint(a, 9), paint(b, 9)), (field, a, b)


@pytest.mark.parametrize(
    ("field", "value", "rows"),
    [
        ("stars", "yes", slice(0, 150)),
        ("balloon", "red", slice(0, 150)),
        ("house", "blue", slice(120, 256)),
        ("tree", "pine", slice(80, 256)),
    ],
)
def test_adding_a_thing_moves_nothing_else(field: str, value: str, rows: slice) -> None:
    quiet = {"hour": "dusk", "weather": "clear", "land": "hills", "disc": "sun", "stars": "no", "palette": "natural"}
    a = {"kind": "scene", "art": "poster", **quiet, "boat": "none", "house": "none", "balloon": "none", "tree": "none"}
    a["birds"] = "no"
    before, after = paint(a, 4), paint(a | {field: value}, 4)
    changed = np.abs(before.astype(int) - after).max(axis=2) > 0
    assert 0 < changed.mean() < 0.2
    outside = np.ones(256, bool)
    outside[rows] = False
    assert not changed[outside].any()


def test_an_edit_differs_in_what_its_wish_names() -> None:
    rng = random.Random(8)
    for _ in range(300):
        edit = draw_edit(rng, held=None)
        assert tuple(differs(edit.before, edit.after)) == edit.fields
        assert len(edit.fields) == 1 or set(edit.fields) == {"hat", "hat_colour"}
        assert edit.wish
        assert "{" not in edit.wish
        assert tidy(edit.after) == edit.after


def test_two_pictures_may_differ_in_any_one_attribute() -> None:
    rng, seen = random.Random(8), set()
    for _ in range(1500):
        before, after = draw_two(rng)
        assert not held_out(before)
        assert not held_out(after)
        (field, *more) = sorted(differs(before, after))
        assert more in ([], ["hat_colour"])
        seen.add(field)
    assert seen == {field for field in FIELDS if field != "kind"}
    assert {tuple(differs(*draw_two(rng, "person", "brows"))) for _ in range(20)} == {("brows",)}


def test_held_out_combinations_are_never_drawn_for_training() -> None:
    rng = random.Random(4)
    assert not any(held_out(sample(rng)) for _ in range(500))
    assert all(held_out(sample(rng, held=True)) for _ in range(200))
    assert not any(held_out(draw_edit(rng).after) for _ in range(200))


def test_captions_name_from_one_to_all_attributes_in_many_words() -> None:
    rng = random.Random(6)
    a = sample(rng, "person")
    texts = [caption(a, rng) for _ in range(200)]
    assert len({text.text for text in texts}) > 190
    assert {len(text.named) for text in texts} >= {1, 2, 6, 12}
    assert set(caption(a, rng, every=True).named) == set(fields_of(a))
    assert not any("{" in text.text or "  " in text.text or not text.text for text in texts)


def test_a_caption_names_hat_and_top_with_their_own_colours() -> None:
    a = sample(random.Random(1), "person") | {"hat": "beanie", "hat_colour": "red", "wear": "hoodie", "shirt": "blue"}
    for seed in range(40):
        text = caption(a, random.Random(seed), every=True).text.lower()
        hat, top = [part for part in text.replace(" and ", ", ").split(", ") if any(w in part for w in HEADWEAR)], text
        assert any(word in hat[0] for word in ("red", "scarlet", "crimson")), text
        assert "hood" in top
    assert set(HATS_AND_SHIRTS) <= set(FIELDS)


HEADWEAR = ("beanie", "woolly", "knitted", "bobble")


def test_a_known_face_keeps_its_identity_and_is_called_by_its_name() -> None:
    rng, who = random.Random(2), person(7)
    looks = [who.outfit(rng) for _ in range(30)]
    assert {tuple(a[field] for field in IDENTITY) for a in looks} == {tuple(who.attributes.values())}
    assert len({(a["shirt"], a["background"], a["pose"], a["lamp"]) for a in looks}) > 20
    words = caption(looks[0], rng, name="zoe")
    assert "zoe" in words.text.lower()
    assert not set(words.named) & set(IDENTITY)
    assert person(7) == who
    assert person(8).face != who.face


def test_ink_draws_nothing_finer_than_latents_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, float]] = []
    whole = Pen.shape

    def shape(pen: Pen, path: Any, colour: Any, **how: Any) -> None:
        lines.append((stage[0], how.get("line", OUTLINE)))
        whole(pen, path, colour, **how)

    def row(pen: Pen, rng: random.Random, line: Any, size: float, colour: Any, outline: float) -> None:
        stage[0] = "far" if size < 0.2 else "near"
        firs(pen, rng, line, size, colour, outline)
        stage[0] = ""

    stage, firs = [""], land.firs
    monkeypatch.setattr(Pen, "shape", shape)
    monkeypatch.setattr(land, "firs", row)
    paint({**sample(random.Random(4), "scene"), "art": "ink", "land": "forest"}, 6)
    assert {line for where, line in lines if where == "far"} == {0}
    assert {line for where, line in lines if where == "near"} == {OUTLINE}
    surface = skia.Surface(64, 64)
    with surface as canvas:
        Pen(canvas, "ink").shade(box(-9, -9, 99, 99), 0.3)
    assert len(np.unique(surface.toarray().reshape(-1, 4), axis=0)) == 1  # a tone, and no hatching
