"""Trains the judge on all combinations, and the likeness on people; the judge sees pictures as rough as painted ones.

The likeness does not: faces that share every word differ by a pixel or two. With strokes and dabs it told .88 of them
apart instead of .99, in the same time.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from house.judge import reader
from house.judge.questions import ASKED, answers
from house.train import autoencoder, checkpoint, norms
from house.train.clock import Clock
from house.train.device import autocast, beside, lean, portions
from house.train.muon import Muon, age
from house.train.painting import Faces, Pictures, batches, decode, floats
from house.train.recipe import Recipe
from house.world.rules import fields_of

EACH = 4  # pictures of a person in a batch
HEAT = 0.07  # of the contrast between people
DABS = 0.4  # noise in latents at most, as a share of how much they vary


def as_painted(x: torch.Tensor, vae: Any, recipe: Recipe) -> torch.Tensor:
    """As rough as what a model paints: often in strokes, and sometimes through the autoencoder, if there is one."""
    if vae is not None and random.random() < recipe.read_through:
        x = dabs(x, vae, recipe.half)
    return strokes(x) if random.random() < recipe.read_strokes else x


def roughen(x: torch.Tensor) -> torch.Tensor:
    """Blur, tint and noise, so that nothing depends on crisp edges."""
    if random.random() < 0.3:
        size = x.shape[-2:]
        small = F.interpolate(x, scale_factor=random.choice([0.5, 0.65, 0.8]), mode="bilinear", antialias=True)
        x = F.interpolate(small, size=size, mode="bilinear")
    gain, offset = torch.randn(2, len(x), 3, 1, 1, device=x.device).unbind()
    x = torch.addcmul(0.04 * offset, x, 1 + 0.06 * gain)
    grain = torch.randn(len(x), *x.shape[-2:], 3, device=x.device).movedim(-1, 1)  # randn_like takes ten times as long
    x = torch.addcmul(x, grain, 0.06 * torch.rand(len(x), 1, 1, 1, device=x.device))
    return x.roll((random.randint(-4, 4), random.randint(-4, 4)), (-1, -2)).clamp(-1, 1)


@torch.no_grad()
def dabs(x: torch.Tensor, vae: Any, half: bool) -> torch.Tensor:
    """Pictures again from latents with more or less noise in them: as if they were painted in dabs."""
    parts = []
    with autocast(x.device, half):
        for part in portions(x):
            z = autoencoder.encode(vae, part)
            much = DABS * torch.rand(len(z), 1, 1, 1, device=x.device) * z.std()
            parts.append(vae.decoder(z + much * torch.randn_like(z)))
    return torch.cat(parts).float()


def strokes(x: torch.Tensor) -> torch.Tensor:
    """Edges that wander by a pixel or three, and patches that are blurred or of another colour."""
    (count, _, height, width), cell = x.shape, random.choice([8, 16, 24])

    def field(channels: int, most: float) -> torch.Tensor:
        coarse = torch.randn(count, channels, -(-height // cell), -(-width // cell), device=x.device)
        coarse *= most * torch.rand(count, 1, 1, 1, device=x.device)
        return F.interpolate(coarse, size=(height, width), mode="bilinear")

    down, right = field(2, 0.15 * cell).unbind(1)
    y, x_ = (torch.arange(size, device=x.device) + 0.5 for size in (height, width))
    places = torch.stack([(x_ + right) * 2 / width - 1, (y[:, None] + down) * 2 / height - 1], -1)
    x = F.grid_sample(x, places, padding_mode="border", align_corners=False)
    soft = F.interpolate(F.avg_pool2d(x, random.choice([4, 8, 12])), size=(height, width), mode="bilinear")
    return torch.lerp(x, soft, field(1, 1.2).abs_().clamp_(max=1)).add_(field(3, 0.15))


def _through(recipe: Recipe, folder: Path, device: torch.device) -> Any:
    """The autoencoder, if pictures are to be seen through it and it is there."""
    if not recipe.read_through or not (folder / autoencoder.STAGE).exists():
        return None
    vae = autoencoder.load(folder, device).to(memory_format=torch.channels_last)
    if lean(device, recipe.half):
        norms.fuse(vae)
    return vae


def train_judge(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train the judge; its accuracy is of held-out combinations, each attribute where it can be seen."""
    model = reader.Judge(recipe.read_width, recipe.read_members).to(device, memory_format=torch.channels_last)

    def loss_of(batch: Any) -> torch.Tensor:
        pictures, codes = batch
        right = answers([decode(row) for row in codes.numpy()])
        with autocast(device, recipe.half):
            all_said = model.each(roughen(as_painted(floats(pictures, device), vae, recipe)))
        losses = []
        for name in ASKED:
            want = torch.tensor(right[name], device=device)
            if (want >= 0).any():
                losses += [F.cross_entropy(said[name].float(), want, ignore_index=-100) for said in all_said]
        return torch.stack(losses).sum()

    vae = _through(recipe, folder, device)
    data = Pictures(recipe, recipe.seed + 3, recipe.read_batch, held=None)
    teach("judge", recipe, folder, clock, device, model, loss_of, data)
    reader.save(model, "judge", recipe.read_width, folder / "judge")
    return {"accuracy": accuracy(recipe, model.eval(), device), "steps": clock.step, "seconds": round(clock.spent)}


def train_likeness(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train the likeness; its figure is how often the nearest of two people is the right one, words being the same."""
    model = reader.Likeness(recipe.read_width).to(device, memory_format=torch.channels_last)
    people = max(2, recipe.read_batch // EACH)
    who = torch.arange(people, device=device).repeat_interleave(EACH)

    def loss_of(pictures: Any) -> torch.Tensor:
        with autocast(device, recipe.half):
            places = model(roughen(floats(pictures, device)))
        near = places @ places.T / HEAT
        near = near.masked_fill(torch.eye(len(near), dtype=torch.bool, device=device), -1e9)
        same = (who[:, None] == who[None]) & ~torch.eye(len(near), dtype=torch.bool, device=device)
        return -(near.log_softmax(1)[same]).mean()

    data = Faces(recipe, recipe.seed + 4, people, EACH)
    teach("likeness", recipe, folder, clock, device, model, loss_of, data)
    reader.save(model, "likeness", recipe.read_width, folder / "judge")
    return {"told_apart": told_apart(recipe, model.eval(), device), "steps": clock.step, "seconds": round(clock.spent)}


def steppers(recipe: Recipe, model: Any) -> list[Any]:
    """AdamW, and Muon for the kernels and the widest layer if the recipe has a rate for it."""
    inner = [p for name, p in model.named_parameters() if "body" in name.split(".")] if recipe.read_muon else []
    wide = [p for p in inner if p.ndim > 1 and p.shape[1] > 3]
    known = {id(p) for p in wide}
    rest = [p for p in model.parameters() if id(p) not in known]
    adam = torch.optim.AdamW(rest, recipe.read_rate, weight_decay=0.02)
    return [adam, Muon(wide, recipe.read_muon)] if wide else [adam]


def teach(
    name: str,
    recipe: Recipe,
    folder: Path,
    clock: Clock,
    device: torch.device,
    model: Any,
    loss_of: Any,
    data: Any,
    painters: int | None = None,
) -> None:
    """Lower the loss of one batch of `data` after the other until the clock is over; `painters` need a core each."""
    optimizers = steppers(recipe, model)
    parts = {"model": model, "optimizers": optimizers}
    checkpoint.resume(folder, name, clock, parts, device)
    random.seed(recipe.seed)
    model.train()
    with beside(recipe.workers if painters is None else painters):
        for batch in batches(data, recipe, clock.step):
            warm = min(1.0, (age(optimizers[0]) + 1) / 100) * (0.01 + 0.99 * (1 - clock.share))
            for stepper, rate in zip(optimizers, (recipe.read_rate, recipe.read_muon), strict=False):
                for group in stepper.param_groups:
                    group["lr"] = rate * warm
                stepper.zero_grad()
            loss = loss_of(batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            for stepper in optimizers:
                stepper.step()
            clock.step += 1
            if clock.step % 100 == 0:
                print(f"{name}: step {clock.step}, loss {loss.item():.3f}, {clock.spent:.0f} s", flush=True)
            if clock.over():
                break
            checkpoint.keep_up(folder, name, clock, parts)


@torch.no_grad()
def accuracy(recipe: Recipe, model: Any, device: torch.device) -> dict[str, float]:
    """The share of right answers on true pictures of held-out combinations: each attribute, and scenes and people."""
    right: dict[str, list[bool]] = {}
    total = 32 if recipe.pictures < 1000 else 1024 if device.type == "cuda" else 512
    for pictures, codes in batches(Pictures(recipe, recipe.seed + 9, 16, held=True), recipe, 0, total // 16):
        said = {name: scores.argmax(1).tolist() for name, scores in model(floats(pictures, device)).items()}
        for row, a in enumerate(decode(row) for row in codes.numpy()):
            want = answers([a])
            for name in fields_of(a):
                for key in (name, a["kind"]):
                    right.setdefault(key, []).append(said[name][row] == want[name][0])
    return {name: round(sum(hits) / len(hits), 4) for name, hits in sorted(right.items())}


@torch.no_grad()
def told_apart(recipe: Recipe, model: Any, device: torch.device) -> float:
    """People in pairs that share every word: how often a picture is nearer to its own person's others."""
    hits: list[bool] = []
    for pictures in batches(Faces(recipe, recipe.seed + 10, 16, EACH), recipe, 0, 2 if recipe.pictures < 1000 else 24):
        places = model(floats(pictures, device)).unflatten(0, (8, 2, EACH))
        for a, b in ((0, 1), (1, 0)):
            own, other = places[:, a], places[:, b]
            near = (own @ own.mT).sum(-1).sub(1) / (EACH - 1)
            hits += (near > (own @ other.mT).mean(-1)).flatten().tolist()
    return round(sum(hits) / len(hits), 4)
