"""Dice that fall the same way for the same name."""

from __future__ import annotations

import random


def dice_for(name: str) -> random.Random:
    """A stream of chance that belongs to one name alone."""
    return random.Random(name)  # noqa: S311  (pictures, not secrets)
