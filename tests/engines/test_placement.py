"""Plans for a GPU's memory: over the sizes of cards that people have, with the parts of models that they use."""

from __future__ import annotations

from pathlib import Path

import pytest

from atelier.engines.local.placement import GB, PLANS, Memory, Part, Parts, Placement, Plan, Remembered, place

CARDS = (8, 12, 16, 22, 24, 48)
SQUARE = (1024, 1024)


def _part(name: str, gigabytes: float, layer: float = 0, outside: float = 0) -> Part:
    return Part(name, {"bfloat16": int(gigabytes * GB)}, int(layer * GB), int(outside * GB))


VAE = _part("vae", 0.17)
QWEN_READER = _part("text_encoder", 16.6, 1.09)  # its largest layer is the table of words
# bytes of the weights as they are published, in bfloat16; layers as the models' configurations give them
FLUX = Parts(
    _part("transformer", 23.8, 0.68, 0.2), [_part("text_encoder", 0.25), _part("text_encoder_2", 9.5, 0.26)], VAE
)
QWEN = Parts(_part("transformer", 40.9, 0.68, 0.1), [QWEN_READER], _part("vae", 0.25))
MIDDLE = Parts(_part("transformer", 20.4, 0.68, 0.1), [QWEN_READER], _part("vae", 0.25))


@pytest.mark.parametrize(
    ("parts", "plans"),
    [
        (FLUX, "group group fp8-readers fp8-readers fp8 resident"),
        (QWEN, "group group group group fp8-readers fp8"),
        (MIDDLE, "group group fp8-readers fp8-readers offload resident"),
    ],
    ids=["FLUX.1", "Qwen-Image", "20.4 GB"],
)
def test_each_card_gets_the_fastest_plan_that_fits(parts: Parts, plans: str) -> None:
    found = [place(parts, card * GB, SQUARE) for card in CARDS]
    assert [str(each.plan) for each in found] == plans.split()
    assert all(each.need <= card * GB and each.fits for card, each in zip(CARDS, found, strict=True))


@pytest.mark.parametrize("parts", [FLUX, QWEN, MIDDLE], ids=["FLUX.1", "Qwen-Image", "20.4 GB"])
def test_more_memory_never_means_a_slower_plan_and_a_larger_picture_never_a_faster_one(parts: Parts) -> None:
    for side in (256, 512, 1024, 2048):
        ranks = [PLANS.index(place(parts, free * GB // 4, (side, side)).plan) for free in range(24, 400)]
        assert ranks == sorted(ranks, reverse=True)
        larger = [PLANS.index(place(parts, free * GB // 4, (side * 2, side)).plan) for free in range(24, 400)]
        assert all(one <= other for one, other in zip(ranks, larger, strict=True))


def test_a_large_picture_is_decoded_in_tiles_where_that_keeps_a_faster_plan() -> None:
    small, large = (place(FLUX, 48 * GB, (side, side)) for side in (1024, 2304))
    assert (small.plan, small.tiles) == (Plan.RESIDENT, False)
    assert (large.plan, large.tiles) == (Plan.RESIDENT, True)


def test_after_memory_ran_out_the_next_plan_that_fits_is_tried_and_at_the_end_the_smallest() -> None:
    plans = [place(FLUX, 48 * GB, SQUARE, lower=lower).plan for lower in range(6)]
    assert plans == [*PLANS, Plan.GROUP]
    assert not place(FLUX, 48 * GB, SQUARE, lower=5).fits


def test_a_card_too_small_for_everything_gets_the_least_and_says_so() -> None:
    placed = place(QWEN, 1 * GB, SQUARE)
    assert (placed.plan, placed.tiles, placed.fits) == (Plan.GROUP, True, False)


def test_weights_in_eight_bits_already_do_not_become_smaller() -> None:
    assert Part("transformer", {"float8_e4m3fn": 20 * GB, "float32": 4 * GB}).in_fp8 == 21 * GB


def test_what_was_measured_counts_more_than_the_estimate(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "placement.json")
    estimated = place(MIDDLE, 22 * GB, SQUARE)
    offload = Placement(Plan.OFFLOAD, False, 0)
    memory.took("A card", "weights", MIDDLE, offload, 1024 * 1024, int(21.0 * GB))
    measured = place(MIDDLE, 22 * GB, SQUARE, memory.of("A card", "weights"))
    assert (estimated.plan, measured.plan) == (Plan.FP8_READERS, Plan.OFFLOAD)
    memory.took("A card", "weights", MIDDLE, offload, 1024 * 1024, 15 * GB)  # a smaller peak takes nothing back
    assert place(MIDDLE, 22 * GB, SQUARE, memory.of("A card", "weights")) == measured
    assert memory.of("Another card", "weights") == Remembered()


def test_a_plan_in_which_memory_ran_out_is_not_begun_again_unless_more_is_free_or_less_is_asked(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "placement.json")
    first = place(FLUX, 48 * GB, SQUARE)
    memory.failed("A card", "weights", first, 1024 * 1024, 48 * GB)
    known = memory.of("A card", "weights")
    assert place(FLUX, 48 * GB, SQUARE, known) == Placement(
        Plan.RESIDENT, True, place(FLUX, 48 * GB, SQUARE, known).need
    )
    memory.failed("A card", "weights", Placement(Plan.RESIDENT, True, 0), 1024 * 1024, 48 * GB)
    known = memory.of("A card", "weights")
    assert place(FLUX, 48 * GB, SQUARE, known).plan is Plan.FP8
    assert place(FLUX, 48 * GB, SQUARE, known, lower=1).plan is Plan.FP8  # one step, not two
    assert place(FLUX, 48 * GB, (512, 512), known).plan is Plan.RESIDENT
    assert place(FLUX, 80 * GB, SQUARE, known).plan is Plan.RESIDENT


def test_a_damaged_memory_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "placement.json"
    path.write_text("{")
    memory = Memory(path)
    assert memory.of("A card", "weights") == Remembered()
    memory.failed("A card", "weights", Placement(Plan.FP8, False, 0), 10, 20)
    assert memory.of("A card", "weights").failed == {"fp8/whole": (10, 20)}
