"""Guidance learned by heart: afterwards one reading of the prompt does what took two, in half the time.

The trained model is its own teacher: the goal of each step is what it would do with guidance (Meng and others, 2023).
"""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import torch

from house.train import checkpoint, texts, transformer
from house.train.clock import Clock
from house.train.fitting import Fit, Mixed, Trainee, fit, quicken
from house.train.recipe import Recipe

STAGE = "distil"
SPEED = 0.15  # of the recipe's rates: it only has to shift


class Distil(Fit):
    """The goal is the teacher's guided sight; it stays a true one where there are no words to follow."""

    def __init__(
        self, recipe: Recipe, learner: Trainee, teacher: list[Any], folder: Path, device: torch.device
    ) -> None:
        super().__init__(recipe, learner, folder, device, SPEED)
        quicken(teacher[0], recipe, device)
        self.teacher = teacher[0].eval()
        self.reader = texts.Writer(learner.writer.one, learner.writer.two, teacher[1], teacher[2])

    @torch.no_grad()
    def goal(self, mixed: Mixed, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
        told = self.predict(self.teacher, mixed, self.reader.read(one, two))
        empty = [ids.expand(len(one), -1) for ids in self.silence]
        free = self.predict(self.teacher, mixed, self.reader.read(empty[0], empty[1]))
        return free + self.recipe.guidance * (told - free)


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Go on from the trained transformer until the clock is over; `folder`/model then needs no guidance."""
    learner = transformer.trainee(recipe, folder, device)
    if not checkpoint.resume(folder, transformer.STAGE, Clock(1, 1), learner.parts(), device):
        raise FileNotFoundError(f"{checkpoint.path(folder, transformer.STAGE)}: train the transformer first")
    teacher = [copy.deepcopy(mean) for mean in learner.means]
    for module, mean in zip(learner.modules, learner.means, strict=True):
        module.load_state_dict(mean.state_dict())
    learner = Trainee(learner.modules, transformer.optimizers(learner.modules, recipe), learner.writer)
    checkpoint.resume(folder, STAGE, clock, learner.parts(), device)
    whole = dataclasses.replace(recipe, early=0.0, twins=0.0, heed=0.0)
    found = fit(STAGE, Distil(whole, learner, teacher, folder, device), folder, clock)
    transformer.keep(dataclasses.replace(recipe, guidance=1.0), folder, learner)
    return found
