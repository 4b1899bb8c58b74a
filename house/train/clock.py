"""Time boxes: a stage ends when its minutes are used, a piece when the machine's are."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


class PieceOver(Exception):
    """The piece's minutes are used; everything is saved, and the same command goes on from here."""


@dataclass
class Clock:
    """The time of one stage over all its pieces, in seconds; `steps` ends it earlier if they are fewer."""

    minutes: float
    steps: int
    spent_before: float = 0.0
    step: int = 0
    piece_ends: float | None = None
    began: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        return self.spent_before + time.monotonic() - self.began

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1: what rates are scheduled by."""
        return min(1.0, max(self.spent / (self.minutes * 60), self.step / self.steps))

    def over(self) -> bool:
        return self.share >= 1.0

    def piece_over(self) -> bool:
        return self.piece_ends is not None and time.monotonic() >= self.piece_ends

    def save_is_due(self, seconds: float = 150.0) -> bool:
        """Now and then, so that a machine that is taken away costs little."""
        if time.monotonic() - self.saved < seconds:
            return False
        self.saved = time.monotonic()
        return True

    def state(self) -> dict[str, float]:
        return {"spent": self.spent, "step": self.step}

    def resume(self, state: dict[str, float]) -> None:
        self.spent_before, self.step, self.began = state["spent"], int(state["step"]), time.monotonic()
