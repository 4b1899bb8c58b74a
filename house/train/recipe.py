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
    # latents
    pictures: int = 160_000
    pairs: int = 70_000
    # text
    text_length: int = 76  # that the transformer reads; some captions have 80
    clip_length: int = 76  # that the vector for the whole text is read from
    text_width: int = 192
    text_layers: int = 3
    clip_vocabulary: int = 900
    words_minutes: float = 0.0  # in which the text encoders learn what words mean, before there are pictures
    words_batch: int = 64
    words_steps: int = 10**9
    # transformer
    width: int = 288
    heads: int = 6
    doubles: int = 2
    singles: int = 6
    batch: int = 384  # an edit has twice the tokens, and half of this
    edit_share: float = 0.25
    rate: float = 1e-3
    muon_rate: float = 4e-3
    shift: float = 1.5
    mean: float = 0.999
    cooldown: float = 0.4
    drop: float = 0.1  # captions left empty, for guidance
    fit_minutes: float = 12.0
    fit_steps: int = 10**9
    guidance: float = 2.5  # that the model is taught by heart
    distil_minutes: float = 1.6  # 0 leaves it out
    distil_steps: int = 10**9
    # judge and embedding
    read_width: int = 48
    read_batch: int = 192
    read_minutes: float = 2.0  # the judge; the likeness takes 0.7 of it
    read_rate: float = 2e-3
    read_muon: float = 0.0  # the rate of the kernels and of the widest layer; 0 is AdamW for them too
    read_through: float = 0.35  # of the batches are seen through the autoencoder
    read_steps: int = 10**9
    # likeness
    photos: int = 8
    lora_rank: int = 16
    lora_steps: int = 170
    lora_batch: int = 4
    lora_rate: float = 1.5e-3
    # measuring it
    score_minutes: float = 2.3  # or until there are 512 pictures a figure
    score_people: int = 8  # faces to learn
    # using it
    steps: int = 20

    def grid(self, shape: str) -> tuple[int, int]:
        """Rows and columns of the transformer's picture tokens: four latents each."""
        width, height = self.shapes[shape]
        side = 2 ** len(self.ae_channels)  # of a token, in pixels
        return height // side, width // side

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def small() -> Recipe:
    """What two cores of a processor can train in an hour or two: a quarter of the tokens, and words learned first."""
    sizes: dict[str, Any] = {
        "name": "small",
        "shapes": {"square": (256, 256), "tall": (224, 288), "wide": (288, 224)},  # in whole tokens of 32 by 32
        "workers": 0,  # painting takes little of a step
        "ae_channels": (16, 32, 64, 128, 128),
        "ae_latent": 24,
        "ae_pictures": 8,
        "ae_crop": 64,
        "ae_crops": 2,
        "ae_whole": 0.5,
        "ae_wholes": 2,
        "ae_rate": 2e-3,
        "ae_muon": 6e-3,
        "ae_minutes": 25.0,
    }
    sizes |= {"pictures": 9_000, "pairs": 3_000, "text_length": 32, "words_minutes": 5.0}
    sizes |= {"width": 192, "heads": 4, "doubles": 2, "singles": 5, "batch": 16, "fit_minutes": 25.0}
    sizes |= {
        "distil_minutes": 0.0,
        "read_width": 32,
        "read_batch": 32,
        "read_muon": 5e-3,
        "read_minutes": 13.0,
        "read_through": 0.0,
    }
    sizes |= {"score_minutes": 10.0, "score_people": 2}
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
        "text_length": 24,
        "clip_length": 40,
        "text_width": 48,
        "text_layers": 1,
        "clip_vocabulary": 200,
    }
    sizes |= {"width": 48, "heads": 1, "doubles": 1, "singles": 1, "batch": 4, "read_width": 16, "read_batch": 8}
    sizes |= {
        "ae_steps": 4,
        "words_minutes": 1.0,
        "words_batch": 4,
        "words_steps": 2,
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
