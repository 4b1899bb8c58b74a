"""Which photos can be trained on, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atelier.assets import Asset

SMALLEST = 200  # pixels of the shorter side


@dataclass(frozen=True, slots=True)
class Checked:
    """A photo with what is wrong with it, or nothing."""

    asset: Asset
    fault: str = ""


def checked(photos: Sequence[Asset]) -> list[Checked]:
    """Each photo with its fault: too small, or the same file as an earlier one."""
    seen: set[str] = set()
    found = []
    for asset in photos:
        fault = ""
        if asset.sha256 in seen:
            fault = SAME_FAULT
        elif min(asset.width or 0, asset.height or 0) < SMALLEST:
            fault = SMALL_FAULT
        seen.add(asset.sha256)
        found.append(Checked(asset, fault))
    return found


SAME_FAULT = "This is the same photo as another one."
SMALL_FAULT = "This photo is too small: its shorter side has fewer than 200 pixels."
