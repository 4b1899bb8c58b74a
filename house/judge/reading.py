"""Reading pictures: what the judge says of them, and how near two faces are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from house.train.painting import floats
from house.world.fields import FIELDS, PERSON, SCENE, Attributes
from house.world.paint import Picture


@torch.no_grad()
def read(judge: Any, pictures: Sequence[Picture]) -> list[Attributes]:
    """The attributes that the judge sees in each picture (all of one shape)."""
    device = next(judge.parameters()).device
    said: list[Attributes] = [{} for _ in pictures]
    for start in range(0, len(pictures), 64):
        part = torch.from_numpy(np.stack(pictures[start : start + 64]))
        for name, scores in judge(floats(part, device)).items():
            for offset, code in enumerate(scores.argmax(1).tolist()):
                said[start + offset][name] = FIELDS[name][code]
    return [{"kind": a["kind"]} | {name: a[name] for name in (SCENE if a["kind"] == "scene" else PERSON)} for a in said]


@torch.no_grad()
def places(likeness: Any, pictures: Sequence[Picture]) -> torch.Tensor:
    """Each face's place (count, dimensions)."""
    device = next(likeness.parameters()).device
    parts = [torch.from_numpy(np.stack(pictures[start : start + 64])) for start in range(0, len(pictures), 64)]
    return torch.cat([likeness(floats(part, device)) for part in parts]).cpu()
