"""Parts of the trainer and the judge that can be checked by themselves."""

from __future__ import annotations

import random
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="the trainer needs torch: pip install -r house/requirements.txt")
    pytest.importorskip("skia", reason="the painter needs skia-python: pip install -r house/requirements.txt")

from house.judge.intervals import share
from house.judge.questions import NOTHING, answers
from house.train.clock import Clock
from house.train.muon import Muon, orthogonal
from house.train.painting import Pairs, Pictures, decode, encode
from house.train.recipe import smoke
from house.world import sample
from house.world.rules import differs


def test_muon_steps_as_torch_does_matrix_by_matrix() -> None:
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(24, 48)) for _ in range(3)] + [torch.nn.Parameter(torch.randn(48, 24))]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    fast = Muon(ours, 0.02)
    known = torch.optim.Muon(theirs, 0.02, weight_decay=0.0, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        fast.step()
        known.step()
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).abs().mean() < 0.02 * (a.detach() - torch.zeros_like(a)).abs().mean()


def test_an_orthogonal_step_has_singular_values_near_one() -> None:
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonal(torch.randn(5, 32, 64)))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_codes_keep_every_attribute() -> None:
    rng = random.Random(1)
    for _ in range(100):
        a = sample(rng, None, None)
        assert decode(encode(a)) == a


def test_batches_depend_on_their_number_alone() -> None:
    data = Pictures(smoke(), 5, 3)
    first, again = data[7], data[7]
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0][0], data[11][0][0])


def test_pairs_differ_in_one_wish() -> None:
    pictures, codes = Pairs(smoke(), 5, 4)[0]
    assert pictures.shape == (2, 4, 64, 64, 3)
    for before, after in zip(codes[0].numpy(), codes[1].numpy(), strict=True):
        assert differs(decode(before), decode(after))


def test_the_judge_is_not_asked_for_what_cannot_be_seen() -> None:
    a = sample(random.Random(1), "person") | {"glasses": "sunglasses", "hat": "none", "hat_colour": "red"}
    asked = answers([a])
    assert asked["eyes"] == asked["hat_colour"] == asked["hour"] == [NOTHING]
    assert asked["shirt"] != [NOTHING]


def test_an_interval_knows_that_answers_of_one_picture_go_together() -> None:
    alone = share([(1, 1)] * 90 + [(0, 1)] * 10)
    bunched = share([(10, 10)] * 9 + [(0, 10)])
    assert alone.value == bunched.value == 0.9
    assert bunched.high - bunched.low > 1.8 * (alone.high - alone.low)
    assert share([(5, 5)] * 100).low == pytest.approx(0.963, abs=0.002)
    assert share([]).pictures == 0


def test_a_clock_goes_on_where_it_ended() -> None:
    clock = Clock(minutes=10, steps=100)
    clock.step = 50
    assert clock.share == pytest.approx(0.5, abs=0.01)
    after = Clock(minutes=10, steps=10**9)
    after.resume({"spent": 300.0, "step": 50})
    assert after.share == pytest.approx(0.5, abs=0.01)
    assert not after.over()
