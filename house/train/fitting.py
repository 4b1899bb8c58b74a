"""Flow matching, a step at a time: of pictures from words, and of edited pictures from words and a reference."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from house.train import activations, attention, checkpoint, classifier, critic, latents, practice, weighing
from house.train.classifier import Classifier
from house.train.clock import Clock
from house.train.device import autocast, lean
from house.train.lessons import STOCKS, Lesson, Lessons
from house.train.muon import age
from house.train.painting import batches
from house.train.recipe import Recipe

DOUBT = 2.0  # how many times its usual size a picture's noise is, that makes of it what lies half-way to its twin
MOST = 0.995  # of a mixture that is noise


def positions(rows: int, columns: int, place: int = 0, *, early: bool = False) -> torch.Tensor:
    """Place, row and column of every token; place 1 is a reference picture's.

    A token of an early picture stands in the middle of the four that cover the same part of a whole one.
    """
    out, far = torch.zeros(rows, columns, 3), 2 if early else 1
    out[..., 1] = torch.arange(rows)[:, None] * far + (far - 1) / 2
    out[..., 2] = torch.arange(columns)[None] * far + (far - 1) / 2
    out[..., 0] = place
    return out.reshape(-1, 3)


def noise_levels(count: int, recipe: Recipe, device: torch.device) -> torch.Tensor:
    """Shares of noise: logit-normal, shifted towards noise (Esser and others, 2024), and some from the last fifth.

    One is drawn from each of `count` equal parts of the first distribution, in any order, so that a small batch sees
    little and much noise alike.

    Large areas show through the noise for long, and words decide before that: they lowered a whole picture's loss by
    .26 at a share of .98, by .04 at .85 and by .01 at .6. Of the first distribution, only .5 % is beyond .95.
    """
    even = (torch.randperm(count, device=device) + torch.rand(count, device=device)) / count
    s = torch.sigmoid(torch.special.ndtri(even.clamp(1e-6, 1 - 1e-6)))
    s = recipe.shift * s / (1 + (recipe.shift - 1) * s)
    last = torch.rand(count, device=device) < recipe.last_fifth
    return torch.where(last, 1 - 0.2 * torch.rand(count, device=device), s)


def seen(
    model: Any, mixture: torch.Tensor, s: torch.Tensor, words: practice.Words, ids: torch.Tensor, text_ids: torch.Tensor
) -> torch.Tensor:
    """The way from picture to noise that a FLUX transformer sees in a mixture of shares `s`: (batch, tokens, channels).

    `words` are each token's and the whole text's, `ids` and `text_ids` the places of tokens of either kind.
    """
    each, whole = words
    found: torch.Tensor = model(
        hidden_states=mixture.to(model.dtype),
        encoder_hidden_states=each,
        pooled_projections=whole,
        timestep=s.to(model.dtype),
        img_ids=ids,
        txt_ids=text_ids,
        return_dict=False,
    )[0]
    return found.float()


def between(twins: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise and its shares by which each of twins becomes the same mixture, half-way between the two.

    `twins` is (2 x count, tokens, channels), the first ones before the second ones. The mixture shows neither, so that
    words alone can tell them. It lies beside what either becomes by as much as noise moves a picture that way, and at
    the lowest share that is drawn by DOUBT times as much.
    """
    one, two = twins.chunk(2)
    far = (one - two).square().sum((1, 2)).sqrt()
    least = far / (far + 2 * DOUBT)
    s = least + (MOST - least).clamp_min(0) * torch.rand_like(least).square()  # further up it is not yet seen where
    noise, rest = torch.randn_like(one), ((1 - s) / s)[:, None, None]
    aside = rest * (two - one) / 2
    return torch.cat([noise + aside, noise - aside]), s.repeat(2)


@dataclass
class Trainee:
    """What learns: transformer, CLIP and T5 in this order; their optimisers; a critic and its; and running means."""

    modules: list[Any]
    optimizers: list[Any]
    writer: Any
    critic: list[Any] = field(default_factory=list)
    means: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.means = [copy.deepcopy(module).requires_grad_(False) for module in self.modules]

    def parts(self) -> dict[str, Any]:
        return {"modules": self.modules, "means": self.means, "optimizers": self.optimizers, "critic": self.critic}


@dataclass(frozen=True)
class Mixed:
    """Latents mixed with noise: `s` of it is noise. `counts` is how much each token does, 1 on average.

    Of `twins` the second half differs from the first in one attribute each, and both look the same when mixed.
    """

    x: torch.Tensor
    noise: torch.Tensor
    s: torch.Tensor
    before: torch.Tensor | None
    shape: str
    counts: torch.Tensor
    twins: bool = False

    @property
    def mixture(self) -> torch.Tensor:
        return torch.lerp(self.x, self.noise, self.s[:, None, None])

    def expected(self, seen: torch.Tensor) -> torch.Tensor:
        """The picture that lies where this is the way from picture to noise."""
        return self.mixture - self.s[:, None, None] * seen


def said_otherwise(ids: torch.Tensor) -> torch.Tensor:
    """Which twins' words, of 2 x count texts, differ at all: those of neither may be left out."""
    one, other = ids.chunk(2)
    return (one != other).any(1)


def quicken(transformer: Any, recipe: Recipe, device: torch.device) -> None:
    """Compile a transformer's blocks where that pays: a block takes seconds, all of it would take minutes."""
    if lean(device, recipe.half):
        attention.quicken()
        activations.quicken(transformer)
    if device.type == "cuda" or lean(device, recipe.half):
        transformer.compile_repeated_blocks(dynamic=False)


class Stock:
    """Latents of whole pictures, or of the early ones, with their tokens' positions and the lessons drawn from them."""

    def __init__(self, recipe: Recipe, writer: Any, folder: Path, device: torch.device, *, early: bool) -> None:
        self.ids, self.both, self.held, self.told, self.kinds = {}, {}, {}, {}, {}
        codes: dict[str, dict[str, Any]] = {name: {} for name in STOCKS}
        for shape in recipe.shapes:
            grid = recipe.grid(shape, early)
            self.ids[shape] = positions(*grid, early=early).to(device)
            self.both[shape] = torch.cat([positions(*grid, k, early=early) for k in (0, 1)]).to(device)
            for name, by_shape in codes.items():
                stored, by_shape[shape] = latents.load(folder, f"early.{name}" if early else name, shape)
                self.held[name, shape] = stored.to(device)
                self.kinds[name, shape] = torch.from_numpy(by_shape[shape][..., weighing.KIND]).long().to(device)
            self.told[shape] = weighing.told(self.held["shown", shape], codes["shown"][shape], recipe.slow)
        batch = recipe.early_batch if early else recipe.batch
        self.lessons = Lessons(recipe, writer, codes, batch)


class Fit:
    """Teaches a trainee what `turn` says; `speed` is how its rates compare with the recipe's."""

    stock: Stock
    silence: list[torch.Tensor]
    classifier: Classifier | None

    def __init__(
        self, recipe: Recipe, learner: Trainee, folder: Path, device: torch.device, speed: float = 1.0
    ) -> None:
        self.recipe, self.learner, self.device, self.speed = recipe, learner, device, speed
        quicken(learner.modules[0], recipe, device)
        for module in learner.modules:
            module.train()
        self.weights = [p for module in learner.modules for p in module.parameters()]
        self.averages = [p for module in learner.means for p in module.parameters()]
        self.text_ids = torch.zeros(recipe.text_length, 3, device=device)
        self.folder = folder
        self.logged: dict[str, list[torch.Tensor]] = {"loss": [], "unlike": [], "wrong": [], "own": [], "told": []}
        self.painted: list[practice.Painted] = []

    def turn(self, *, early: bool) -> None:
        """Go on with early pictures, or with whole ones."""
        self.stock = Stock(self.recipe, self.learner.writer, self.folder, self.device, early=early)
        self.silence = [ids.to(self.device) for ids in self.learner.writer.ids([""])]
        heeded = self.recipe.heed and self.recipe.class_minutes and not early  # it knows none of those
        self.classifier = classifier.load(self.recipe, self.folder, self.device) if heeded else None
        if self.classifier and self.learner.critic and not age(self.learner.critic[1]):
            self.learner.critic[0].take_over(self.classifier)

    def means(self) -> list[float | None]:
        """The loss, how unlike twins were seen, how wrong pictures and its own, and what a critic told, since then."""
        found = [round(float(torch.stack(each).mean()), 4) if each else None for each in self.logged.values()]
        self.logged = {name: [] for name in self.logged}
        return found

    def pick(self, shape: str, name: str, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Latents of these rows of a stock, of edits their references', and what kinds of pictures they are."""
        held, kinds = self.stock.held[name, shape], self.stock.kinds[name, shape]
        if name == "pictures":
            return held[rows].float(), None, kinds[rows]
        if name == "shown":
            return held[:, rows].flatten(0, 1).float(), None, kinds[:, rows].flatten()
        before, x = held[:, rows].float()
        return x, before, kinds[0, rows]

    def mix(self, shape: str, name: str, rows: torch.Tensor) -> Mixed:
        """Noise for the latents of these rows of a stock, and what counts in them: of an edit, what it changes too."""
        (x, before, kind), twins = self.pick(shape, name, rows), name == "shown"
        told, fair = self.stock.told[shape][kind], self.recipe.fair
        if before is not None:
            told = (told + weighing.changed(before, x)) / 2
        noise, s = between(x) if twins else (torch.randn_like(x), noise_levels(len(x), self.recipe, self.device))
        return Mixed(x, noise, s, before, shape, 1 - fair + fair * told, twins)

    def see(
        self,
        model: Any,
        shape: str,
        before: torch.Tensor | None,
        mixture: torch.Tensor,
        s: torch.Tensor,
        words: practice.Words,
    ) -> torch.Tensor:
        """The way from picture to noise that a model sees in a mixture, beside edits' references."""
        if before is None:
            return seen(model, mixture, s, words, self.stock.ids[shape], self.text_ids)
        both = torch.cat([mixture, before], 1)
        return seen(model, both, s, words, self.stock.both[shape], self.text_ids)[:, : mixture.shape[1]]

    def predict(self, model: Any, mixed: Mixed, words: practice.Words) -> torch.Tensor:
        """The way from picture to noise that a model sees."""
        return self.see(model, mixed.shape, mixed.before, mixed.mixture, mixed.s, words)

    def goal(self, mixed: Mixed, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
        """What it should see."""
        return mixed.noise - mixed.x

    def step(self, lesson: Lesson, clock: Clock) -> None:
        shape, stock, *parts = lesson
        rows, one, two, right = (part.to(self.device, non_blocking=True) for part in parts)
        if self.practises(clock):
            self.painted = self.painted or self._paint(shape, stock, rows, one, two, right)
            self._learn(self._rehearse(self.painted.pop()), clock)
            return
        mixed = self.mix(shape, stock, rows)
        with autocast(self.device, self.recipe.half):
            goal = self.goal(mixed, one, two)
            seen = self.predict(self.learner.modules[0], mixed, self.learner.writer.read(one, two))
        loss = ((seen - goal).square().mean(-1) * mixed.counts).mean()
        self.logged["loss"].append(loss.detach())
        if mixed.twins:
            unlike = weighing.unlike(seen, goal, said_otherwise(two))
            self.logged["unlike"].append(unlike.detach())
            loss = loss + self.recipe.apart * unlike
        if self.classifier:
            loss = loss + self._heed("wrong", mixed.expected(seen), mixed.s, shape, right)
        self._learn(loss, clock)

    def practises(self, clock: Clock) -> bool:
        """Whether this step asks about its own pictures: once rates fall, for it takes twice the time of another."""
        dice = random.Random(f"{self.recipe.seed} practice {clock.step}")
        falls = clock.share >= 1 - self.recipe.cooldown
        return self.classifier is not None and falls and dice.random() < self.recipe.practice

    def _heed(
        self, name: str, expected: torch.Tensor, s: torch.Tensor, shape: str, right: torch.Tensor
    ) -> torch.Tensor:
        """How much it counts what the classifier misses in pictures that are expected where `s` is noise."""
        with autocast(self.device, self.recipe.half):
            said = classifier.look(self.classifier, expected, self.recipe.grid(shape))
        wrong = (classifier.wrong(said, right, weighing.HARDER) * classifier.places_are_known(s)).mean()
        self.logged[name].append(wrong.detach())
        return self.recipe.heed * wrong

    def _paint(
        self, shape: str, stock: str, rows: torch.Tensor, one: torch.Tensor, two: torch.Tensor, right: torch.Tensor
    ) -> list[practice.Painted]:
        """Paint what a lesson asks for, as far as it is asked about."""
        x, before, _ = self.pick(shape, stock, rows)
        see = partial(self.see, self.learner.modules[0], shape, before)
        with torch.no_grad(), autocast(self.device, self.recipe.half):
            asked = practice.Asked(shape, x, before, self.learner.writer.read(one, two), right)
            silence = self.learner.writer.read(*(ids.expand(len(x), -1) for ids in self.silence))
            return practice.paint(asked, silence, torch.randn_like(x), see, self.recipe.shift, self.recipe.guidance)

    def _rehearse(self, painted: practice.Painted) -> torch.Tensor:
        """How wrong it is what becomes of pictures that are being painted, and how far from true."""
        asked = painted.asked
        with autocast(self.device, self.recipe.half):
            told = self.see(self.learner.modules[0], asked.shape, asked.before, painted.mixture, painted.s, asked.words)
        expected = painted.expected(told, self.recipe.guidance)
        loss = self._heed("own", expected, painted.s, asked.shape, asked.right)
        clear = painted.s <= critic.FAINT
        if not self.learner.critic or not clear.any():
            return loss
        true, made, grid = asked.true[clear], expected[clear], self.recipe.grid(asked.shape)
        with autocast(self.device, self.recipe.half):
            for _ in range(critic.ROUNDS):
                apart = critic.learn(self.learner.critic, true, made.detach(), grid)
            unlike = critic.ask(self.learner.critic, made, grid) * clear.float().mean()
        self.logged["told"].append(apart)
        return loss + self.recipe.critic * unlike

    def _learn(self, loss: torch.Tensor, clock: Clock) -> None:
        young = min(1.0, (age(self.learner.optimizers[0]) + 1) / 100)
        decay = young * min(1.0, max(0.01, (1 - clock.share) / self.recipe.cooldown))
        for optimizer, rate in zip(self.learner.optimizers, (self.recipe.rate, self.recipe.muon_rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * decay * self.speed
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        for optimizer in self.learner.optimizers:
            optimizer.step()
        keep = min(self.recipe.mean, (1 + clock.step) / (10 + clock.step))
        with torch.no_grad():  # outside it the averages would keep every step's graph alive
            torch._foreach_lerp_(self.averages, self.weights, 1 - keep)
        clock.step += 1


def fit(stage: str, fitter: Fit, folder: Path, clock: Clock) -> dict[str, Any]:
    """Teach until the clock is over; the state is saved now and then and at the end, so that anyone can go on."""
    losses: list[list[float | None]] = []
    parts = fitter.learner.parts()
    while not clock.over():
        early = clock.share < fitter.recipe.early
        fitter.turn(early=early)
        for lesson in batches(fitter.stock.lessons, fitter.recipe, clock.step):
            fitter.step(lesson, clock)
            if clock.step % 100 == 0 or clock.over():
                seen = dict(zip(("loss", "twins", "wrong", "own", "told"), fitter.means(), strict=True))
                losses.append([clock.step, *seen.values()])
                said = "".join(f"{name} {mean:.4f}, " for name, mean in seen.items() if mean is not None)
                print(f"{stage}: step {clock.step}, {said}{clock.spent:.0f} s", flush=True)
            if clock.over() or early != (clock.share < fitter.recipe.early):
                break
            checkpoint.keep_up(folder, stage, clock, parts)
    checkpoint.save(folder, stage, clock, parts)
    weights = sum(p.numel() for p in fitter.averages)
    last = losses[-1][1] if losses else None
    return {
        "steps": clock.step,
        "loss": last,
        "weights": weights,
        "seconds": round(clock.spent),
        "losses": losses[-60:],
    }
