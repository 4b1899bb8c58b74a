"""The limits of what members bring: each kind's own, and those that an operator sets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from atelier.base.kinds import kinds
from atelier.base.text import listed

Limits = Mapping[str, Mapping[str, int]]  # by kind and unit
_ONE = re.compile(r"([a-z]+)\.([a-z_]+)\s*=\s*([0-9]{1,12})")


def limits_of(written: str = "") -> Limits:
    """The limits with an operator's changes, as `audio.megabytes=500, video.seconds=7200`; raises `ValueError`."""
    found = {kind.id: dict(kind.limits) for kind in kinds().values()}
    for part in listed(written):
        match = _ONE.fullmatch(part)
        if match is None:
            raise ValueError(f"has {part!r}, which is no limit: write them like `audio.megabytes=500`")
        kind, unit, amount = match[1], match[2], int(match[3])
        if unit not in found.get(kind, {}):
            known = ", ".join(f"{kind}.{unit}" for kind, units in found.items() for unit in units)
            raise ValueError(f"names {kind}.{unit}, which is no limit; there are {known}")
        if not amount:
            raise ValueError(f"sets {kind}.{unit} to 0; the least is 1")
        found[kind][unit] = amount
    return found
