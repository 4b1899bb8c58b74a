"""Parts of the trainer and the judge that can be checked by themselves."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import itertools
import random
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="the trainer needs torch: pip install -r house/requirements.txt")
    pytest.importorskip("skia", reason="the painter needs skia-python: pip install -r house/requirements.txt")

from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from diffusers.models.transformers import transformer_flux
from house.judge import looks, reader, repainted
from house.judge.generate import Options, repaint
from house.judge.intervals import share, student
from house.judge.questions import NOTHING, answers
from house.train import (
    activations,
    attention,
    autoencoder,
    classifier,
    critic,
    latents,
    norms,
    pipeline,
    practice,
    reading,
    texts,
    transformer,
    weighing,
    words,
)
from house.train.clock import Clock, PieceOver
from house.train.device import beside
from house.train.fitting import DOUBT, MOST, Fit, Mixed, Trainee, between, noise_levels, positions, said_otherwise, seen
from house.train.lessons import Lessons
from house.train.muon import Muon, orthogonal
from house.train.painting import NAMES, Pairs, Pictures, Shown, decode, encode
from house.train.reading import roughen, strokes, train_judge
from house.train.recipe import Recipe, load, small, smoke
from house.world import caption, paint, sample
from house.world.fields import FIELDS
from house.world.rules import HELD_OUT_HATS, differs, fields_of
from PIL import Image, ImageFilter
from torch.nn import functional as F  # noqa: N812 - as everybody calls it


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


def test_an_attribute_counts_the_same_however_small_it_is() -> None:
    """Of 16 tokens one is changed by an attribute, and half of them by another; the other kind has no edits."""
    codes = np.zeros((2, 2, len(NAMES)), np.uint8)
    codes[1, 0, NAMES.index("eyes")] = codes[1, 1, NAMES.index("shirt")] = 1
    codes[..., weighing.KIND] = 1
    pairs = torch.zeros(2, 2, 16, 3)
    pairs[1, 0, 0] = 0.1
    pairs[1, 1, 8:] = 5.0
    scenes, people = weighing.told(pairs.half(), codes)
    assert torch.equal(scenes, torch.ones(16))
    assert torch.allclose(people, torch.tensor([8.0] + [0.0] * 7 + [1.0] * 8), atol=1e-3)
    people = weighing.told(pairs.half(), codes, slow=3.0)[1]  # eyes are learned last
    assert torch.allclose(people, torch.tensor([12.0] + [0.0] * 7 + [0.5] * 8), atol=1e-3)


def test_a_portrait_s_face_counts_more_than_the_wall_behind_it() -> None:
    recipe = smoke()
    found = [Shown(recipe, 3, 32)[number] for number in (0, 2, 4, 6)]  # square ones
    pictures, codes = torch.cat([p for p, _ in found], 1), torch.cat([c for _, c in found], 1)
    tokens = pictures.float().unfold(2, 8, 8).unfold(3, 8, 8).flatten(4).flatten(2, 3)
    people = weighing.told(tokens, codes.numpy())[1].view(8, 8)
    assert people.mean() == pytest.approx(1)
    assert people[3:5, 3:5].mean() > 2
    assert people[0, 0] < 0.5
    assert people[3:5, 3:5].mean() > 3 * people[7, 3:5].mean()


def test_muon_takes_a_kernel_for_the_matrix_that_it_is() -> None:
    torch.manual_seed(2)
    kernel = torch.nn.Parameter(torch.randn(16, 12, 3, 3).to(memory_format=torch.channels_last))
    matrix = torch.nn.Parameter(kernel.detach().flatten(1).clone())
    kernel.grad = torch.randn_like(kernel)
    matrix.grad = kernel.grad.flatten(1).clone()
    Muon([kernel], 0.02).step()
    Muon([matrix], 0.02).step()
    assert torch.allclose(kernel.flatten(1), matrix, atol=1e-4)


def test_an_autoencoder_that_begins_straight_lets_colours_through() -> None:
    torch.manual_seed(3)
    model = autoencoder.build(smoke())
    autoencoder.begin_straight(model)
    block = model.encoder.down_blocks[0].resnets[0]
    seen = torch.randn(1, 8, 16, 16)
    assert torch.equal(block(seen, None), seen)  # the branch adds nothing yet
    kernel = model.decoder.up_blocks[0].upsamplers[0].conv.weight.flatten(1)
    assert torch.allclose(kernel @ kernel.T, torch.eye(len(kernel)), atol=1e-5)


def test_fused_norms_do_what_group_norm_and_silu_do() -> None:
    torch.manual_seed(4)
    plain = autoencoder.build(smoke())
    fused = copy.deepcopy(plain)
    norms.fuse(fused)
    assert list(plain.state_dict()) == list(fused.state_dict())
    outcomes = []
    seen = torch.randn(2, 3, 32, 32)
    for model in (plain, fused):
        made = model.decoder(model.encoder(seen).chunk(2, 1)[0])
        made.square().mean().backward()
        outcomes.append((made, [weight.grad for weight in model.parameters()]))
    (one, gradients), (two, others) = outcomes
    assert torch.allclose(one, two, atol=1e-5)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(gradients, others, strict=True))


def test_attention_is_as_before_after_it_was_quick() -> None:
    before = transformer_flux.dispatch_attention_fn

    def stopped() -> None:
        with attention.quick(True):
            assert transformer_flux.dispatch_attention_fn is attention.attend
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stopped()
    assert transformer_flux.dispatch_attention_fn is before
    with attention.quick(False):
        assert transformer_flux.dispatch_attention_fn is before


def test_blocks_that_are_quick_activate_as_before() -> None:
    torch.manual_seed(5)
    model = transformer.build(smoke())
    mixture, words = torch.randn(2, 4, smoke().ae_latent * 4), torch.randn(2, 3, smoke().text_width)
    for weight in model.parameters():  # gates begin at nothing, and then no block would be seen
        torch.nn.init.normal_(weight, std=0.2)

    def see() -> Any:
        told = words, torch.ones(2, smoke().text_width)
        return seen(model, mixture, torch.full((2,), 0.5), told, positions(2, 2), torch.zeros(3, 3))

    before = see()
    activations.quicken(model)
    after = see()
    assert torch.allclose(before, after, rtol=1e-3, atol=1e-3)
    x = torch.linspace(-8, 8, 200)
    assert torch.allclose(activations.gelu(x), F.gelu(x, approximate="tanh"), atol=1e-5)
    assert isinstance(model.single_transformer_blocks[0].act_mlp, activations.Gelu)
    double = model.transformer_blocks[0]
    assert double.ff.net[0].gelu is double.ff_context.net[0].gelu is activations.gelu


def test_attention_a_few_heads_at_a_time_is_attention() -> None:
    torch.manual_seed(5)
    tokens = 400  # more than fit at a time
    asked = [torch.randn(2, tokens, 3, 16).bfloat16() for _ in range(3)]
    ours = [x.clone().requires_grad_() for x in asked]
    theirs = [x.float().requires_grad_() for x in asked]
    seen = attention.attend(*ours)
    true = F.scaled_dot_product_attention(*(x.transpose(1, 2) for x in theirs)).transpose(1, 2)
    slope = torch.randn_like(true)
    seen.backward(slope.bfloat16())
    true.backward(slope)
    outcomes = [(seen, true), *((a.grad, b.grad) for a, b in zip(ours, theirs, strict=True))]
    for a, b in outcomes:
        assert (a.float() - b).abs().max() < 0.02 * b.abs().max()


@pytest.mark.parametrize("early", [False, True], ids=["whole", "early"])
@pytest.mark.parametrize("recipe", [Recipe(), small(), smoke()], ids=lambda recipe: recipe.name)
def test_every_shape_is_in_whole_tokens(recipe: Recipe, early: bool) -> None:
    for shape in recipe.shapes:
        width, height = recipe.size(shape, early)
        rows, columns = recipe.grid(shape, early)
        assert (rows * recipe.side, columns * recipe.side) == (height, width)
        assert min(rows, columns) > 0


def test_an_early_token_stands_where_the_four_stand_that_it_becomes() -> None:
    whole, early = positions(8, 6).view(8, 6, 3), positions(4, 3, early=True).view(4, 3, 3)
    for row, column in itertools.product(range(4), range(3)):
        four = whole[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert torch.equal(early[row, column], four.mean((0, 1)))


@pytest.mark.parametrize(("last_fifth", "least", "most"), [(0.0, 0.004, 0.008), (0.3, 0.07, 0.09)])
def test_noise_is_often_enough_so_strong_that_words_decide(last_fifth: float, least: float, most: float) -> None:
    torch.manual_seed(1)
    recipe = dataclasses.replace(smoke(), shift=1.5, last_fifth=last_fifth)
    s = noise_levels(100_000, recipe, torch.device("cpu"))
    assert 0 < s.min() < 0.05
    assert s.max() <= 1
    assert least < (s > 0.95).float().mean() < most


def test_a_small_batch_sees_little_noise_and_much() -> None:
    torch.manual_seed(2)
    recipe, cpu = dataclasses.replace(smoke(), shift=1.5, last_fifth=0.0), torch.device("cpu")
    quarters = noise_levels(100_000, recipe, cpu).quantile(torch.tensor([0.25, 0.5, 0.75]))
    drawn = torch.stack([noise_levels(4, recipe, cpu) for _ in range(50)])
    parts = torch.bucketize(drawn, quarters)
    odd = (parts.sort(1).values != torch.arange(4)).any(1)
    assert odd.sum() <= 2  # at the very edges
    assert len({tuple(row) for row in parts.tolist()}) > 10


def test_every_stage_reads_with_the_same_tokens(tmp_path: Path) -> None:
    recipe = small()
    said = texts.corpus(count=200)
    first, again = (texts.build(recipe, tmp_path).ids(said) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    lower, upper = texts.build(recipe, tmp_path).two(["a red boat", "A Red Boat"]).input_ids
    assert lower == upper


def test_t5_begins_with_a_sense_of_order(tmp_path: Path) -> None:
    torch.manual_seed(3)
    writer = texts.build(dataclasses.replace(smoke(), text_width=192), tmp_path)
    _, two = writer.ids(["a green hat and a red shirt behind the yellow sea"])
    writer.t5.config._attn_implementation = "eager"
    with torch.no_grad():
        seen = writer.t5(two, output_attentions=True).attentions[0][0]  # (heads, words, words they look at)
    before, after = (seen.diagonal(k, 1, 2).mean(1) for k in (-1, 1))
    assert before[0] > 5 * after[0]
    assert after[1] > 5 * before[1]
    assert before[2].item() / after[2].item() == pytest.approx(1, abs=0.4)
    assert min(before[2], after[2]) > 1.5 * seen[2].diagonal(4, 0, 1).mean()


def test_what_a_text_names_is_what_the_encoders_are_asked(tmp_path: Path) -> None:
    recipe = smoke()
    writer = texts.build(recipe, tmp_path)
    one, two, codes = words.Texts(recipe, writer, 5)[0]
    assert len(one) == len(two) == len(codes) == recipe.words_batch
    assert two.shape[1] == recipe.text_length
    reader = words.Reader(writer, recipe.text_width)
    whole, mean = reader.vectors(one, two)
    loss = reader.one.loss(whole, codes) + reader.two.loss(mean, codes)
    loss.backward()
    assert all(weight.grad is not None for weight in reader.two.named.parameters())
    said = (codes >= 0).sum(1)
    assert said.min() >= 1  # the kind of picture at least
    assert said.max() < 20  # and never all of a scene and of a person


def test_the_encoders_read_of_combinations_that_pictures_never_show(tmp_path: Path) -> None:
    recipe = dataclasses.replace(smoke(), words_batch=512)
    _, _, codes = words.Texts(recipe, texts.build(recipe, tmp_path), 5)[0]
    hats = codes[:, [NAMES.index("hat"), NAMES.index("hat_colour")]]
    said = {(FIELDS["hat"][hat], FIELDS["hat_colour"][colour]) for hat, colour in hats[(hats >= 0).all(1)].tolist()}
    assert said >= HELD_OUT_HATS


def test_a_longer_padding_changes_nothing_for_clip(tmp_path: Path) -> None:
    writer = texts.build(smoke(), tmp_path)
    writer.clip.eval()
    alone, _ = writer.ids(["a red boat"])
    beside, _ = writer.ids(["a red boat", "a woman with long black hair and a yellow hat in front of the sea"])
    assert beside.shape[1] > alone.shape[1]
    with torch.no_grad():
        assert torch.allclose(writer.clip(alone).pooler_output[0], writer.clip(beside).pooler_output[0], atol=1e-5)


@pytest.mark.parametrize("twins", [0.0, 1.0])
@pytest.mark.parametrize(("share", "kinds"), [(0.0, {"scene"}), (0.5, {"scene", "person"}), (1.0, {"person"})])
def test_lessons_show_as_many_people_as_the_recipe_says(
    tmp_path: Path, share: float, kinds: set[str], twins: float
) -> None:
    recipe = dataclasses.replace(smoke(), people=share, edit_share=0.0)
    rng = random.Random(1)
    facts = {shape: [sample(rng, ["scene", "person"][k % 2]) for k in range(20)] for shape in recipe.shapes}
    codes = {shape: np.stack([encode(a) for a in them]) for shape, them in facts.items()}
    other = np.eye(len(NAMES), dtype=np.uint8)[NAMES.index("art")]
    both = {shape: np.stack([known, known ^ other]) for shape, known in codes.items()}  # in another art
    stocks = {"pictures": codes, "shown": both, "pairs": {}}
    lessons = Lessons(dataclasses.replace(recipe, twins=twins), texts.build(recipe, tmp_path), stocks, 32)
    seen = {facts[shape][row]["kind"] for shape, _, rows, *_ in map(lessons.__getitem__, range(6)) for row in rows}
    assert seen == kinds


def test_optimisers_that_begin_anew_begin_slowly_however_far_the_clock_is(tmp_path: Path) -> None:
    one = torch.nn.Linear(4, 4)
    learner = Trainee([one], [torch.optim.AdamW([one.bias]), Muon([one.weight], 0.1)], None)
    recipe, clock, rates = dataclasses.replace(smoke(), cooldown=0.01), Clock(1.0, 1000, step=500), []
    fitter = Fit(recipe, learner, tmp_path, torch.device("cpu"))
    for _ in range(3):
        fitter._learn(one(torch.ones(1, 4)).square().sum(), clock)
        rates.append(learner.optimizers[0].param_groups[0]["lr"] / recipe.rate)
    assert rates == pytest.approx([0.01, 0.02, 0.03])


def test_twins_are_called_by_what_tells_them_apart_and_otherwise_alike(tmp_path: Path) -> None:
    recipe = dataclasses.replace(smoke(), edit_share=0.0, twins=1.0, text_length=76, drop=0.2)
    _, codes = Shown(recipe, 3, 32)[0]
    stocks = {name: dict.fromkeys(recipe.shapes, codes.numpy()) for name in ("pictures", "pairs", "shown")}
    writer = texts.build(recipe, tmp_path)
    _shape, stock, rows, _, two, right = Lessons(recipe, writer, stocks, 32)[1]
    assert stock == "shown"
    assert len(two) == 2 * len(rows) == 32
    heard = said_otherwise(two)
    empty = (two == writer.two([""], padding="max_length", return_tensors="pt").input_ids).all(1)
    assert 0 < empty.sum() < len(two)
    assert torch.equal(empty[:16], empty[16:])
    assert torch.equal(heard, ~empty[:16])
    said = writer.two.batch_decode(two, skip_special_tokens=True)
    alike = [
        len(set(a.split()) ^ set(b.split())) for a, b, told in zip(said[:16], said[16:], heard, strict=True) if told
    ]
    assert np.median(alike) <= 6
    for k, (row, a, b) in enumerate(zip(rows, said[:16], said[16:], strict=True)):
        before, after = (decode(code[row]) for code in codes.numpy())
        apart = [NAMES.index(name) for name in differs(before, after)]
        assert (right[[k, 16 + k]] >= 0).any() == heard[k]
        assert not heard[k] or any(right[k, i] >= 0 and right[k, i] != right[16 + k, i] for i in apart)
        if differs(before, after) == ["brows"] and a:
            assert "brow" in a
            assert "brow" in b


def test_twins_become_one_mixture_as_likely_of_either() -> None:
    torch.manual_seed(8)
    one = torch.randn(64, 16, 8)
    apart = torch.randn_like(one) * torch.logspace(-2, 0.5, 64)[:, None, None]
    twins = torch.cat([one, one + apart])
    noise, s = between(twins)
    mixed, goals = torch.lerp(twins, noise, s[:, None, None]), noise - twins
    assert torch.allclose(*mixed.chunk(2), atol=1e-4)
    far = apart.square().sum((1, 2)).sqrt()
    towards = ((noise[:64] - noise[64:]) * apart).sum((1, 2)) / far / 2  # how much of the noise is no chance
    assert -DOUBT - 1e-3 <= towards.min() < towards.max() <= 0 or 0 <= towards.min() < towards.max() <= DOUBT + 1e-3
    assert towards.abs().max() > DOUBT / 2
    chance = (noise[:64] + noise[64:]) / 2
    assert chance.std() == pytest.approx(1, abs=0.02)
    assert torch.allclose((goals[64:] - goals[:64]) * s[:64, None, None], -apart, atol=1e-3)
    assert s.max() <= MOST
    assert (s[:64] >= far / (far + 2 * DOUBT) - 1e-6).all()


def test_what_twins_share_falls_out_of_how_unlike_they_are() -> None:
    torch.manual_seed(9)
    goal, wrong = torch.randn(6, 4, 8), torch.randn(3, 4, 8)
    every = torch.ones(3, dtype=torch.bool)
    shared = torch.cat([wrong, wrong])
    assert weighing.unlike(goal + shared, goal, every) == pytest.approx(0, abs=1e-5)
    assert weighing.unlike(shared, goal, every) == pytest.approx(1, abs=1e-5)
    half = torch.cat(
        [(goal[:3] + goal[3:]) / 2 + (goal[:3] - goal[3:]) / 4, (goal[:3] + goal[3:]) / 2 - (goal[:3] - goal[3:]) / 4]
    )
    assert weighing.unlike(half, goal, every) == pytest.approx(0.25, abs=1e-5)  # the right way, half as far
    goal[0] = goal[3] + 1e-4  # twins that can hardly be told apart don't shout
    assert weighing.unlike(shared, goal, torch.tensor([True, False, False])) < 1e-3
    assert weighing.unlike(shared, goal, torch.zeros(3, dtype=torch.bool)) == 0


def test_words_ask_for_what_they_name_and_a_wish_for_what_it_changes_too(tmp_path: Path) -> None:
    recipe = dataclasses.replace(smoke(), edit_share=0.5, twins=0.0, drop=0.3)
    _, codes = Pairs(recipe, 4, 32)[0]
    both = {name: dict.fromkeys(recipe.shapes, codes.numpy()) for name in ("pairs", "shown")}
    stocks = both | {"pictures": dict.fromkeys(recipe.shapes, codes[0].numpy())}
    writer = texts.build(recipe, tmp_path)
    nothing, counts = writer.ids([""])[1], dict[str, list[int]](pictures=[], pairs=[])
    lessons = Lessons(recipe, writer, stocks, 32)
    for _shape, stock, rows, _, two, right in map(lessons.__getitem__, range(8)):
        for row, ids, asked in zip(rows.tolist(), two, right, strict=True):
            shown = codes[1 if stock == "pairs" else 0, row].long()
            assert torch.equal(asked[asked >= 0], shown[asked >= 0])
            assert not (asked >= 0).any() or not torch.equal(ids, nothing[0])
            counts[stock].append(int((asked >= 0).sum()))
            if stock == "pairs" and counts[stock][-1]:
                changed = [NAMES.index(name) for name in differs(*(decode(each[row]) for each in codes.numpy()))]
                assert any(asked[i] >= 0 for i in changed)
    assert {0, 1} < set(counts["pictures"])
    assert max(counts["pictures"]) > 9
    assert sum(0 < count < 4 for count in counts["pairs"]) > len(counts["pairs"]) / 5
    assert sum(count > 9 for count in counts["pairs"]) > len(counts["pairs"]) / 5


def test_who_asks_for_one_thing_counts_like_who_asks_for_all() -> None:
    torch.manual_seed(3)
    scores = tuple(torch.randn(2, count) for count in classifier.CLASSES)
    right = torch.stack([torch.zeros(len(NAMES), dtype=torch.long), torch.full((len(NAMES),), NOTHING)])
    right[1, 4] = 1
    each = [F.cross_entropy(said[:1], want[None]) for said, want in zip(scores, right[0], strict=True)]
    lone = F.cross_entropy(scores[4][1:], right[1, 4:5])
    assert classifier.wrong(scores, right).tolist() == pytest.approx([float(torch.stack(each).mean()), float(lone)])
    assert not classifier.wrong(scores, torch.full_like(right, NOTHING)).any()


def test_what_is_harder_counts_more_and_the_rest_as_before() -> None:
    torch.manual_seed(4)
    scores = tuple(torch.randn(1, count) for count in classifier.CLASSES)
    right = torch.zeros(1, len(NAMES), dtype=torch.long)
    mouth = NAMES.index("mouth")
    missed = float(F.cross_entropy(scores[mouth], right[:, mouth])) / len(NAMES)
    evenly = float(classifier.wrong(scores, right))
    assert float(classifier.wrong(scores, right, {"mouth": 3.0})) == pytest.approx(evenly + 2 * missed)
    assert set(weighing.HARDER) <= set(NAMES)


def test_where_a_thing_may_be_anywhere_nobody_asks_for_it() -> None:
    shares = torch.tensor([0.0, 0.8, 0.85, 0.9, 0.99])
    assert classifier.places_are_known(shares).tolist() == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-5)


def test_tokens_become_latents_again() -> None:
    z = torch.randn(2, 3, 8, 6)
    assert torch.equal(latents.unpack(latents.pack(z), (4, 3)), z)


def test_what_is_expected_where_the_way_is_seen_rightly_is_the_picture() -> None:
    x, noise, s = torch.randn(3, 4, 8), torch.randn(3, 4, 8), torch.rand(3)
    mixed = Mixed(x, noise, s, None, "square", torch.ones(3, 4))
    assert torch.allclose(mixed.expected(noise - x), x, atol=1e-5)


def test_a_picture_is_painted_for_practice_as_the_pipeline_would(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.5)
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / practice.STEPS, practice.STEPS))
    assert torch.allclose(practice.levels(1.5), scheduler.sigmas)
    torch.manual_seed(6)
    monkeypatch.setattr(practice, "EACH", practice.LAST - practice.FIRST + 1)
    noise, words, silence = torch.randn(5, 4, 8), torch.randn(5, 4, 8), torch.zeros(5, 4, 8)

    def see(x: Any, s: Any, said: Any) -> Any:
        return 0.3 * x * s[:, None, None] + said[0]

    x, states = noise, [noise]
    for k, t in enumerate(scheduler.timesteps):
        s = scheduler.sigmas[k].expand(5)
        free = see(x, s, (silence, silence))
        x = scheduler.step(free + 2.5 * (see(x, s, (words, words)) - free), t, x, return_dict=False)[0]
        states.append(x)
    asked = practice.Asked("square", noise, None, (words, words), torch.zeros(5))
    made = practice.paint(asked, (silence, silence), noise, see, 1.5, 2.5)
    stops = torch.stack([each.s for each in made])
    for row in range(5):
        assert len(set(stops[:, row].tolist())) == practice.LAST - practice.FIRST + 1
    assert len({tuple(row) for row in stops.T.tolist()}) > 1  # each picture in an order of its own
    for each in made:
        for row, (mixture, s) in enumerate(zip(each.mixture, each.s, strict=True)):
            at = int((scheduler.sigmas - s).abs().argmin())
            assert practice.FIRST <= at <= practice.LAST
            assert torch.allclose(mixture, states[at][row], atol=1e-5)
        told = see(each.mixture, each.s, asked.words)
        guided = each.free + 2.5 * (told - each.free)
        assert torch.allclose(each.expected(told, 2.5), each.mixture - each.s[:, None, None] * guided, atol=1e-5)


def lamps(recipe: Recipe, folder: Path) -> Any:
    """Latents that are light where the lamp is the second one, and a classifier that learned to tell."""
    rng, place = np.random.default_rng(5), folder / "latents"
    place.mkdir()
    for name, ahead in (("pictures", ()), ("pairs", (2,)), ("shown", (2,))):
        codes = np.zeros((*ahead, 100, len(NAMES)), np.uint8)
        codes[..., NAMES.index("kind")] = FIELDS["kind"].index("person")
        codes[..., NAMES.index("lamp")] = lamp = rng.integers(0, 2, (*ahead, 100))
        tokens = 0.1 * rng.standard_normal((*ahead, 100, 16, 16)) + (2 * lamp - 1)[..., None, None]
        np.save(place / f"{name}.square.npy", tokens.astype(np.float16))
        np.save(place / f"{name}.square.codes.npy", codes)
    return classifier.train(recipe, folder, Clock(60, 60), torch.device("cpu"))["accuracy"]


WEIGHTS = Path(__file__).parents[2] / "house" / "weights"
LAMPS = dataclasses.replace(smoke(), shapes={"square": (64, 64)}, batch=16, class_minutes=1.0, read_rate=5e-3)


def test_practice_mends_what_becomes_of_a_picture_that_is_being_painted(tmp_path: Path) -> None:
    recipe = dataclasses.replace(LAMPS, practice=1.0, cooldown=1.0, rate=3e-3)
    torch.manual_seed(7)
    lamps(recipe, tmp_path)
    cpu = torch.device("cpu")
    learner = transformer.trainee(recipe, tmp_path, cpu)
    fitter, clock, wrong = Fit(recipe, learner, tmp_path, cpu), Clock(60, 10**6), list[float]()
    fitter.turn(early=False)
    rows, (one, two) = torch.arange(16), learner.writer.ids(["a bright picture"] * 16)
    right = torch.full((16, len(NAMES)), NOTHING)
    right[:, NAMES.index("lamp")] = 1
    for _ in range(60):
        fitter.step(("square", "pictures", rows, one, two, right), clock)
        wrong.append(fitter.means()[3] or 0.0)
    assert min(wrong[:5]) > 0.3
    assert max(wrong[-5:]) < 0.05


def test_what_is_blurred_looks_less_true_than_other_true_pictures() -> None:
    torch.manual_seed(2)
    rng, judge = random.Random(3), reader.Judge(16).eval()
    facts = [sample(rng) for _ in range(24)]
    one, other, true = ([paint(a, rng.getrandbits(31)) for a in facts] for _ in range(3))
    blurred = [np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1.5))) for picture in one]
    same, alike, blur = (looks.compare(judge, made, true) for made in (true, other, blurred))
    assert same.distances == pytest.approx((0, 0, 0), abs=1e-6)
    assert same.edges == pytest.approx(1)
    assert alike.edges == pytest.approx(1, abs=0.15)
    assert blur.edges < 0.6
    assert all(0 < a < b for a, b in zip(alike.distances, blur.distances, strict=True))


def test_what_a_judge_reads_is_counted_of_each_picture_and_of_each_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [sample(random.Random(k), "person") for k in range(3)]
    hatless = [a | {"hat": "none"} for a in facts]
    wrong = [a | {"mouth": "?"} for a in hatless[:1]] + hatless[1:]
    monkeypatch.setattr(repainted, "read", lambda *_: wrong)
    found = repainted.compare(None, hatless, [])
    asked = sum(len(fields_of(a)) for a in hatless)
    assert found.whole.value == pytest.approx(1 - 1 / asked)
    assert found.each["mouth"] == pytest.approx(2 / 3)
    assert found.each["skin"] == 1
    assert found.worst()[0] == "mouth"


def test_what_is_painted_again_is_still_what_it_was() -> None:
    known, rng, here = load(WEIGHTS / "model"), random.Random(4), torch.device("cpu")
    facts = [sample(rng, "person") for _ in range(2)]
    texts = [caption(a, rng, every=True).text for a in facts]
    options = Options((256, 256), 10, known.guidance, known.text_length)
    true, pipe = [paint(a, 5) for a in facts], pipeline.open_again(WEIGHTS / "model", here)
    near, far = ([*repaint(pipe, true, texts, [1, 2], options, strength)] for strength in (0.4, 1.0))
    off = [[np.abs(a.astype(float) - b).mean() for a, b in zip(true, made, strict=True)] for made in (near, far)]
    assert all(2 * a < b for a, b in zip(*off, strict=True)), off
    assert repainted.compare(reader.load("judge", WEIGHTS / "judge", here), facts, near).whole.value > 0.95


def test_what_is_true_is_read_beside_what_was_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def grey(_: Any, pictures: Any, texts: Any, seeds: Any, options: Options, strength: float) -> list[Any]:
        asked.append((strength, len(pictures), len(texts), len(seeds)))
        return [np.full_like(picture, 128) for picture in pictures]

    asked: list[tuple[float, int, int, int]] = []
    monkeypatch.setattr(repainted, "repaint", grey)
    found = repainted.measure(WEIGHTS, [WEIGHTS], torch.device("cpu"), 17, (0.4,))
    assert asked == [(0.4, 16, 16, 16), (0.4, 1, 1, 1)] * 2
    shares = {(kind, strength): read.whole.value for (kind, strength, _), read in found.items()}
    for kind in ("person", "scene"):
        assert shares[kind, 0.0] > 0.95 > 0.6 > shares[kind, 0.4]


def test_a_tokenizer_is_saved_as_it_was_before_it_was_used(tmp_path: Path) -> None:
    recipe = smoke()
    learner = transformer.trainee(recipe, tmp_path, torch.device("cpu"))
    vae, files = autoencoder.build(recipe), ("tokenizer/tokenizer.json", "tokenizer_2/tokenizer.json")
    pipeline.save(tmp_path / "one", recipe, learner.modules[0], learner.writer, vae)
    learner.writer.ids(["a picture", "the sea"])
    pipeline.save(tmp_path / "two", recipe, learner.modules[0], learner.writer, vae)
    for file in files:
        assert (tmp_path / "one" / file).read_text() == (tmp_path / "two" / file).read_text()


def test_a_critic_tells_blurred_latents_and_says_which_way_they_become_true(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(8)
    monkeypatch.setattr(critic, "YOUNG", 40)
    pair, told = critic.build(4, 8, torch.device("cpu")), list[float]()
    for _ in range(critic.YOUNG):
        true = torch.randn(16, 16, 16).sign()
        assert not critic.ask(pair, 0.3 * true, (4, 4))
        told.append(float(critic.learn(pair, true, 0.3 * true, (4, 4))))
    assert told[0] < 0.7 < 0.95 < told[-1]
    blurred = (0.3 * true).requires_grad_()
    critic.ask(pair, blurred, (4, 4)).backward()
    assert blurred.grad is not None
    assert (blurred.grad * true).mean() < 0  # sharper is nearer to true
    assert all(p.requires_grad for p in pair[0].parameters())
    assert critic.ask(pair, blurred, (4, 4)) > critic.ask(pair, true, (4, 4))


def test_a_critic_begins_with_what_the_classifier_knows() -> None:
    known = classifier.Classifier(4, 8).eval()
    model = critic.build(4, 8, torch.device("cpu"))[0]
    for norm in (m for m in known.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean += 0.5
    model.take_over(known)
    x = classifier.through(torch.randn(2, 16, 16), (4, 4), torch.zeros(2))
    with torch.no_grad():
        assert torch.equal(model.around(model.near(x)), known.body[:18](x))


def test_practice_begins_when_rates_fall(tmp_path: Path) -> None:
    recipe = dataclasses.replace(smoke(), practice=0.5, cooldown=0.4)
    fitter = Fit(recipe, Trainee([torch.nn.Linear(1, 1)], [], None), tmp_path, torch.device("cpu"))
    fitter.classifier = torch.nn.Identity()
    often = [sum(fitter.practises(Clock(60, 1000, step=at + k)) for k in range(100)) for at in (0, 500, 600, 900)]
    assert often[:2] == [0, 0]
    assert all(30 < count < 70 for count in often[2:])
    fitter.classifier = None
    assert not fitter.practises(Clock(60, 1000, step=900))


def test_a_classifier_tells_what_latents_show_and_the_way_there(tmp_path: Path) -> None:
    recipe = LAMPS
    assert lamps(recipe, tmp_path)["0.0"]["lamp"] > 0.95
    model = classifier.load(recipe, tmp_path, torch.device("cpu"))
    right = torch.full((8, len(NAMES)), NOTHING)
    right[:, NAMES.index("lamp")] = 1
    dark = (-0.5 * torch.ones(8, 16, 16)).requires_grad_()
    classifier.wrong(classifier.look(model, dark, (4, 4)), right).mean().backward()
    assert dark.grad is not None
    assert dark.grad.mean() < 0  # lighter is less wrong


def test_each_painter_has_a_core_and_gives_it_back() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        with contextlib.suppress(OSError), beside(1):
            assert torch.get_num_threads() == 3
            raise OSError("a full disk")
        assert torch.get_num_threads() == 4
        with beside(9):
            assert torch.get_num_threads() == 1
        with beside(-1):  # as many painters as there are other cores, beside a GPU
            assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


def test_the_judge_is_saved_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(60, 3)

    def save_is_due(self: Clock) -> bool:
        return self.step == 2

    monkeypatch.setattr(Clock, "save_is_due", save_is_due)
    train_judge(smoke(), tmp_path, clock, torch.device("cpu"))
    again = Clock(60, 3)
    train_judge(smoke(), tmp_path, again, torch.device("cpu"))
    assert again.spent_before > 0  # it was taken up at the second step, and made the third
    assert (clock.step, again.step) == (3, 3)


def says(scores: dict[str, list[float]]) -> Any:
    """A network that says the same of every picture: some scores, and 0 for everything else."""
    member = reader.Member(16)
    for name, head in member.heads.items():
        torch.nn.init.zeros_(head.weight)
        head.bias.data = torch.tensor(scores.get(name, [0.0] * len(FIELDS[name])))
    return member


def test_members_of_a_judge_answer_together() -> None:
    judge = reader.Judge(16, 3).eval()
    guess, other = {"glasses": [0.0, 1.0, 0.9, 0.0]}, {"glasses": [0.0, 0.9, 1.0, 0.0]}
    sure = {"glasses": [0.0, -9.0, 0.2, 0.0], "brows": [5.0, 0.0]}
    for place, scores in enumerate((guess, other, sure)):
        judge.members[place] = says(scores)
    pictures = torch.zeros(2, 3, 64, 64)
    said, each = judge(pictures), judge.each(pictures)
    assert [one["glasses"].argmax(1).tolist() for one in each] == [[1, 1], [2, 2], [2, 2]]
    assert said["glasses"].argmax(1).tolist() == [2, 2]  # whoever is sure that it is not 1 counts
    expected = torch.stack([one["brows"].softmax(1).log() for one in each]).mean(0)
    assert torch.allclose(said["brows"], expected)
    assert said["brows"].argmax(1).tolist() == [0, 0]


def test_a_judge_is_opened_with_as_many_members_as_it_was_saved_with(tmp_path: Path) -> None:
    pictures, here = torch.rand(2, 3, 64, 48), torch.device("cpu")
    for members in (1, 3):
        judge = reader.Judge(16, members).eval()
        reader.save(judge, "judge", 16, tmp_path)
        again = reader.load("judge", tmp_path, here)
        assert len(again.members) == members
        for name, said in judge(pictures).items():
            assert torch.allclose(said, again(pictures)[name], atol=0.02)  # kept in half precision


def test_members_of_a_judge_learn_side_by_side_and_become_different(tmp_path: Path) -> None:
    torch.manual_seed(5)
    recipe, started = dataclasses.replace(smoke(), read_members=3, read_muon=0.5), reader.Judge(16, 3)
    torch.manual_seed(5)
    train_judge(recipe, tmp_path, Clock(60, 2), torch.device("cpu"))
    learned = reader.load("judge", tmp_path / "judge", torch.device("cpu"))
    kernels = [member.body.layers[3].weight for member in learned.members]
    for begun, kernel in zip(started.members, kernels, strict=True):
        assert not torch.allclose(begun.body.layers[3].weight, kernel, atol=1e-3)
    assert not any(torch.allclose(a, b, atol=1e-2) for a, b in itertools.combinations(kernels, 2))
    adam, muon = reading.steppers(recipe, started)
    stepped = sum(len(group["params"]) for group in muon.param_groups)
    assert stepped == 3 * 8  # seven kernels and the neck of each; the first kernel sees colours
    assert stepped + sum(len(group["params"]) for group in adam.param_groups) == len(list(started.parameters()))


def test_a_judge_learns_from_pictures_as_rough_as_painted_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = dataclasses.replace(smoke(), read_through=1.0, read_strokes=1.0)
    torch.manual_seed(2)
    autoencoder.build(recipe).save_pretrained(tmp_path / autoencoder.STAGE)
    true, seen = torch.rand(2, 3, 64, 64).mul(2).sub(1), []
    vae = autoencoder.load(tmp_path, torch.device("cpu"))
    dabbed = (reading.as_painted(true, vae, dataclasses.replace(recipe, read_strokes=0.0)) - true).abs().mean()
    stroked = (reading.as_painted(true, None, recipe) - true).abs().mean()
    assert torch.equal(
        reading.as_painted(true, vae, dataclasses.replace(recipe, read_through=0.0, read_strokes=0.0)), true
    )
    assert min(dabbed, stroked) > 0.01

    def as_painted(x: Any, vae: Any, recipe: Recipe) -> Any:
        seen.append(vae)
        return x

    monkeypatch.setattr(reading, "as_painted", as_painted)
    train_judge(recipe, tmp_path, Clock(60, 2), torch.device("cpu"))
    assert len(seen) == 2
    assert None not in seen


def test_roughened_pictures_are_still_pictures() -> None:
    torch.manual_seed(1)
    random.seed(1)
    plain = torch.zeros(4, 32, 48, 3).movedim(-1, 1)
    seen = [roughen(plain) for _ in range(12)]
    assert all(x.shape == plain.shape and x.abs().max() <= 1 and torch.isfinite(x).all() for x in seen)
    assert not plain.any()  # the caller's are as they were
    assert len({round(x[k].std().item(), 6) for x in seen for k in range(4)}) == 48  # each is roughened by itself


def test_strokes_let_edges_wander_a_little_and_each_pictures_its_own_way() -> None:
    torch.manual_seed(2)
    random.seed(2)
    edge = torch.where(torch.arange(64) < 32, -1.0, 1.0).expand(8, 3, 64, 64)
    for _ in range(6):
        made = strokes(edge)
        dark = made.mean(1).lt(0)
        assert dark[:, :, :12].float().mean() > 0.9  # what is far from it stays what it was
        assert dark[:, :, 52:].float().mean() < 0.1
        places = dark.float().sum(2)  # of the edge, in each row
        assert 0.05 < (places - places.mean(1, keepdim=True)).abs().mean() < 3
        assert len({round(each.std().item(), 6) for each in made}) == 8


def test_dabs_are_of_the_picture_and_more_or_less_rough(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(2)
    vae, same = autoencoder.build(smoke()).eval(), torch.rand(1, 3, 64, 64).mul(2).sub(1).expand(12, -1, -1, -1)
    rough = reading.dabs(same, vae, half=False)
    monkeypatch.setattr(reading, "DABS", 0.0)
    plain = reading.dabs(same, vae, half=False)
    with torch.no_grad():
        assert torch.allclose(plain, vae.decoder(autoencoder.encode(vae, same)), atol=1e-5)
    sizes = (rough - plain).square().mean((1, 2, 3))
    assert sizes.max() > 5 * sizes.min() > 0


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


def test_an_interval_knows_that_pictures_of_one_face_go_together() -> None:
    faces = [(10, 10)] * 40 + [(8, 10)] * 40 + [(9, 10)] * 40
    alone, few = share(faces), share(faces, [k // 40 for k in range(120)])
    assert alone.value == few.value == 0.9
    assert (alone.pictures, few.pictures) == (120, 120)
    assert (few.low, few.high) == pytest.approx((0.49, 0.99), abs=0.02)
    assert alone.high - alone.low < 0.1
    one = share(faces, ["zoe"] * 120)
    assert (one.low, one.high) == (0, 1)  # of other faces it tells nothing
    assert [student(k) for k in (5, 6, 30, 10**6)] == pytest.approx([2.571, 2.447, 2.042, 1.96], abs=0.01)


def test_a_piece_that_ends_among_the_latents_goes_on_with_those_that_are_lacking(tmp_path: Path) -> None:
    recipe, cpu = smoke(), torch.device("cpu")
    autoencoder.train(dataclasses.replace(recipe, ae_steps=1), tmp_path, Clock(60, 1), cpu)
    with pytest.raises(PieceOver, match="latents"):
        latents.make(recipe, tmp_path, cpu, Clock(60, 10**9, piece_ends=time.monotonic()))
    first = tmp_path / "latents" / "pictures.square.npy"
    assert not (tmp_path / "latents" / "pairs.square.npy").exists()
    before = first.stat().st_mtime_ns
    found = latents.make(recipe, tmp_path, cpu, Clock(60, 10**9))
    assert first.stat().st_mtime_ns == before
    assert found.keys() == {f"{early}{name}" for early in ("", "early.") for name in ("pictures", "pairs", "shown")} | {
        "seconds"
    }
    assert latents.load(tmp_path, "early.pairs", "wide")[0].ndim == 4


def test_a_decoder_that_learns_on_leaves_latents_as_they_are_and_comes_into_the_model(tmp_path: Path) -> None:
    recipe, cpu = smoke(), torch.device("cpu")
    autoencoder.train(dataclasses.replace(recipe, ae_steps=1), tmp_path, Clock(60, 1), cpu)
    before = autoencoder.load(tmp_path, cpu)
    (tmp_path / "model").mkdir()
    found = autoencoder.train_decoder(recipe, tmp_path, Clock(60, 3), cpu)
    after, shipped = autoencoder.load(tmp_path, cpu), AutoencoderKL.from_pretrained(tmp_path / "model/vae")
    x = torch.rand(2, 3, 64, 64) * 2 - 1
    assert torch.equal(autoencoder.encode(before, x), autoencoder.encode(after, x))
    assert (before.config.scaling_factor, before.config.shift_factor) == (
        after.config.scaling_factor,
        after.config.shift_factor,
    )
    z = autoencoder.encode(before, x)
    assert not torch.allclose(before.decoder(z), after.decoder(z), atol=1e-4)
    assert torch.allclose(after.decoder(z), shipped.float().decoder(z), atol=1e-2)
    assert pipeline.damaged(tmp_path / "model") == []
    assert "_name_or_path" not in (tmp_path / "model/vae/config.json").read_text()
    assert found["steps"] == 3
    assert autoencoder.figures({"autoencoder": {"psnr": 1.0}, "decoder": found}) == found


def test_a_clock_goes_on_where_it_ended() -> None:
    clock = Clock(minutes=10, steps=100)
    clock.step = 50
    assert clock.share == pytest.approx(0.5, abs=0.01)
    after = Clock(minutes=10, steps=10**9)
    after.resume({"spent": 300.0, "step": 50})
    assert after.share == pytest.approx(0.5, abs=0.01)
    assert not after.over()
