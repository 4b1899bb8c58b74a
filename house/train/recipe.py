"""Every number that decides what is trained, kept beside the weights."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from house.world.fields import SHAPES

FILE = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """Sizes, counts, rates and seeds. Minutes are shares of the whole: `--budget-minutes` scales them."""

    name: str = "large"
    seed: int = 1
    shapes: dict[str, tuple[int, int]] = field(default_factory=lambda: dict(SHAPES))
    workers: int = -1  # that paint pictures; -1 is one for each core but one
    half: bool = True  # bf16 where it is fast
    # autoencoder
    ae_channels: tuple[int, ...] = (32, 64, 128, 128)
    ae_latent: int = 8
    ae_pictures: int = 16  # a step
    ae_crop: int = 128
    ae_crops: int = 4  # from each picture
    ae_whole: float = 0.35  # the last share of the time, on whole pictures
    ae_wholes: int = 16  # of them a step
    ae_rate: float = 1e-3
    ae_muon: float = 0.0  # the rate of the kernels, which then begin orthogonal; 0 is AdamW for them too
    ae_kl: float = 1e-4
    ae_minutes: float = 7.2
    ae_steps: int = 10**9
    decoder_minutes: float = 0.0  # in which its decoder goes on alone, on whole pictures
    decoder_steps: int = 10**9
    # latents
    pictures: int = 160_000
    pairs: int = 70_000
    shown: int = 20_000  # pairs that differ in one attribute: where it is seen, and twins
    early_pictures: int = 0  # of half the side
    early_pairs: int = 0
    # text
    text_length: int = 76  # that the transformer reads; some captions have 80
    clip_length: int = 76  # that the vector for the whole text is read from
    text_width: int = 192
    text_layers: int = 3
    clip_vocabulary: int = 900
    people: float = 0.5  # of the pictures
    long: float = 0.35  # of the captions name everything that can be seen, which is the hardest to read
    words_minutes: float = 1.5  # in which the text encoders learn what words mean, before there are pictures
    words_batch: int = 64
    words_muon: float = 3e-3
    words_steps: int = 10**9
    # classifier of latents
    class_minutes: float = 0.6  # 0 leaves it out
    class_width: int = 64
    class_steps: int = 10**9
    heed: float = 0.1  # how much it counts what the classifier misses in the picture that the transformer expects
    practice: float = 0.5  # of the steps ask, once rates fall, what becomes of pictures that it is painting itself
    critic: float = 0.15  # how much it counts there that a critic tells its pictures from true ones; 0 leaves it out
    # transformer
    width: int = 288
    heads: int = 6
    doubles: int = 2
    singles: int = 6
    batch: int = 384  # an edit has twice the tokens, and half of this
    early: float = 0.0  # the first share of the time, on pictures of half the side: a quarter of the tokens
    early_batch: int = 0
    edit_share: float = 0.3
    rate: float = 1e-3
    muon_rate: float = 4e-3
    last_fifth: float = 0.3  # of the noise is drawn evenly from its last fifth, where words decide
    fair: float = 0.7  # of the loss is shared out among attributes instead of tokens
    slow: float = 3.0  # times as much of that for what is learned last (weighing.SLOW)
    shift: float = 1.5
    mean: float = 0.999
    cooldown: float = 0.4
    drop: float = 0.1  # captions left empty, for guidance
    twins: float = 0.15  # of the steps that are no edits see pairs that differ in one attribute, mixed half-way
    slow_twins: int = 4  # times as often those that differ in what is learned last
    apart: float = 0.5  # how much it counts there that what is seen differs as the pictures do
    fit_minutes: float = 10.5
    fit_steps: int = 10**9
    guidance: float = 2.5  # with which it paints; distilled, it has it by heart
    distil_minutes: float = 1.6  # 0 leaves it out
    distil_steps: int = 10**9
    # judge and embedding
    read_width: int = 48
    read_members: int = 1  # networks of the judge, which learn side by side from the same pictures
    read_batch: int = 192
    read_minutes: float = 2.0  # the judge
    likeness_minutes: float = 1.4
    read_rate: float = 2e-3
    read_muon: float = 0.0  # the rate of the kernels and of the widest layer; 0 is AdamW for them too
    read_through: float = 0.35  # of the judge's batches are seen through the autoencoder, with noise in their latents
    read_strokes: float = 0.5  # of them have edges that wander, and patches
    read_steps: int = 10**9
    # likeness
    photos: int = 8
    lora_rank: int = 16
    lora_steps: int = 260
    lora_batch: int = 4
    lora_rate: float = 1.5e-3
    # measuring it
    score_minutes: float = 2.3  # or until there are 512 pictures a figure
    score_people: int = 8  # faces to learn
    # using it
    steps: int = 20

    @property
    def side(self) -> int:
        """Of a token of the transformer, which is four latents, in pixels."""
        return int(2 ** len(self.ae_channels))

    def size(self, shape: str, early: bool = False) -> tuple[int, int]:
        """Width and height in pixels; those of the early pictures are half as long, in whole tokens."""
        width, height = self.shapes[shape]
        if not early:
            return width, height
        return width // 2 // self.side * self.side, height // 2 // self.side * self.side

    def grid(self, shape: str, early: bool = False) -> tuple[int, int]:
        """Rows and columns of the transformer's picture tokens."""
        width, height = self.size(shape, early)
        return height // self.side, width // self.side

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def small() -> Recipe:
    """What two cores of a processor can train in eleven hours: words, then small pictures, then whole ones."""
    sizes: dict[str, Any] = {
        "name": "small",
        "workers": 1,
        "ae_channels": (16, 32, 64, 128),
        "ae_latent": 12,
        "ae_pictures": 4,
        "ae_crop": 64,
        "ae_crops": 4,
        "ae_whole": 0.6,
        "ae_wholes": 2,
        "ae_rate": 2e-3,
        "ae_muon": 6e-3,
        "ae_minutes": 40.0,
        "decoder_minutes": 36.0,
    }
    sizes |= {"pictures": 12_000, "pairs": 12_000, "shown": 12_000, "early_pictures": 48_000, "early_pairs": 14_000}
    sizes |= {"words_minutes": 18.0, "people": 0.65, "long": 0.45}
    sizes |= {"width": 256, "heads": 4, "doubles": 2, "singles": 5, "batch": 32, "fit_minutes": 420.0}
    sizes |= {"early": 0.43, "early_batch": 64, "cooldown": 0.28, "class_minutes": 21.0, "heed": 0.35}
    sizes |= {
        "distil_minutes": 0.0,
        "read_width": 32,
        "read_members": 3,
        "read_batch": 32,
        "read_muon": 5e-3,
        "read_minutes": 75.0,
        "likeness_minutes": 12.5,
        "read_through": 0.08,
    }
    sizes |= {"lora_steps": 170, "lora_rate": 1e-2, "score_minutes": 10.0, "score_people": 2}
    return Recipe(**sizes)


def smoke() -> Recipe:
    """Every stage at toy sizes: it proves the chain, and learns nothing."""
    shapes = {"square": (64, 64), "tall": (48, 80), "wide": (80, 48)}
    sizes: dict[str, Any] = {
        "ae_channels": (8, 8, 16, 16),
        "ae_latent": 4,
        "ae_pictures": 2,
        "ae_crop": 32,
        "ae_wholes": 2,
        "ae_muon": 1e-3,
        "read_muon": 1e-3,
        "ae_crops": 2,
    }
    sizes |= {
        "pictures": 32,
        "pairs": 16,
        "shown": 64,
        "text_length": 24,
        "clip_length": 40,
        "text_width": 48,
        "text_layers": 1,
        "clip_vocabulary": 200,
    }
    sizes |= {"early_pictures": 32, "early_pairs": 16, "early": 0.5, "early_batch": 4}
    sizes |= {"width": 48, "heads": 1, "doubles": 1, "singles": 1, "batch": 4, "read_width": 16, "read_batch": 8}
    sizes |= {"read_members": 2}
    sizes |= {
        "ae_steps": 4,
        "decoder_minutes": 1.0,
        "decoder_steps": 2,
        "words_minutes": 1.0,
        "words_batch": 4,
        "words_steps": 2,
        "class_width": 8,
        "class_steps": 2,
        "cooldown": 1.0,
        "fit_steps": 6,
        "distil_steps": 2,
        "read_steps": 2,
        "lora_steps": 3,
        "lora_rank": 2,
        "steps": 2,
    }
    return Recipe(name="smoke", shapes=shapes, workers=0, half=False, **sizes)


def load(folder: Path) -> Recipe:
    """The recipe that a run was started with."""
    values = json.loads((folder / FILE).read_text())
    values["shapes"] = {name: tuple(size) for name, size in values["shapes"].items()}
    values["ae_channels"] = tuple(values["ae_channels"])
    return Recipe(**values)
