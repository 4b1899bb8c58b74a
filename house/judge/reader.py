"""Small convolutional networks that read pictures of any shape: one answer for each attribute, or a face's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from house.judge.questions import ASKED
from house.world.fields import FIELDS

PLACES = 128  # dimensions of a face's place


def block(a: int, b: int, stride: int = 1) -> list[Any]:
    """A convolution, its norm and SiLU."""
    return [nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.SiLU()]


class Body(nn.Module):
    """From a picture to 512 numbers that keep where things are."""

    def __init__(self, width: int) -> None:
        super().__init__()
        w = width
        layers = [*block(3, w // 2, 2), *block(w // 2, w, 2), *block(w, w, 1), *block(w, 2 * w, 2)]
        layers += [
            *block(2 * w, 2 * w, 1),
            *block(2 * w, 4 * w, 2),
            *block(4 * w, 4 * w, 1),
            nn.Conv2d(4 * w, 32, 1),
        ]
        self.layers = nn.Sequential(*layers)
        self.neck = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(32 * 64, 512), nn.SiLU())

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures from -1 to 1 of any shape."""
        return self.neck(F.adaptive_avg_pool2d(self.layers(pictures), (8, 8)))


class Member(nn.Module):
    """One linear answer for each attribute."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = Body(width)
        self.heads = nn.ModuleDict({name: nn.Linear(512, len(FIELDS[name])) for name in ASKED})

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.body(pictures)
        return {name: head(x) for name, head in self.heads.items()}


class Judge(nn.Module):
    """An ensemble: networks that began differently also err differently, and answer together.

    Each learns by itself (Lakshminarayanan and others, 2017); chances are multiplied (Hinton, 2002), so that a network
    which is sure that an answer is wrong outweighs one that guesses.
    """

    def __init__(self, width: int, members: int = 1) -> None:
        super().__init__()
        self.members = nn.ModuleList(Member(width) for _ in range(members))

    def each(self, pictures: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        """What each member says by itself."""
        return [member(pictures) for member in self.members]

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        """For each attribute the mean logarithm of the chances (count, values) that its members give."""
        said = self.each(pictures)
        return {name: torch.stack([one[name].float().log_softmax(1) for one in said]).mean(0) for name in ASKED}


class Likeness(nn.Module):
    """A place on a sphere for each face: near for the same person, far for another with the same words."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = Body(width)
        self.head = nn.Linear(512, PLACES)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.head(self.body(pictures)).float(), dim=-1)


def save(model: Any, name: str, width: int, folder: Path) -> None:
    """Write `NAME.safetensors` in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    halved = {key: value.half() if value.is_floating_point() else value for key, value in tensors.items()}
    save_file(halved, folder / f"{name}.safetensors", metadata={"family": name, "width": str(width)})


def load(name: str, folder: Path, device: torch.device) -> Any:
    """Open a judge or a likeness; its width is read from its first layer, how many members it has from their names."""
    tensors = {
        key: value.float() if value.is_floating_point() else value
        for key, value in load_file(folder / f"{name}.safetensors").items()
    }
    first = [tensor for key, tensor in tensors.items() if key.endswith("body.layers.0.weight")]
    width = first[0].shape[0] * 2
    model: Any = Judge(width, len(first)) if name == "judge" else Likeness(width)
    model.load_state_dict(tensors)
    return model.to(device).eval().requires_grad_(False)
