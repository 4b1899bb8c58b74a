"""Assets as pages show them: with their links, their shape in the grid, and their settings in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from atelier.assets.shelf import Assets
from atelier.assets.tables import Asset, Kind

# the shapes that the grid knows, by width over height; a picture takes the one next to its own
SHAPES = {
    "9-16": 9 / 16,
    "2-3": 2 / 3,
    "3-4": 3 / 4,
    "1-1": 1.0,
    "4-3": 4 / 3,
    "3-2": 3 / 2,
    "16-9": 16 / 9,
    "21-9": 21 / 9,
}
LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Tile:
    """An asset in the grid, with its links and the shape that it takes there."""

    asset: Asset
    shape: str
    url: str
    thumb_url: str | None
    download_url: str

    @property
    def name(self) -> str:
        """What a screen reader says of it."""
        return self.asset.title or str(self.asset.kind)

    @property
    def repeatable(self) -> bool:
        return bool(self.asset.tool and self.asset.settings.get("input"))


def tile(asset: Asset, shelf: Assets) -> Tile:
    """One asset with its links."""
    return Tile(
        asset=asset,
        shape=shape_of(asset),
        url=shelf.link(asset),
        thumb_url=shelf.link(asset, "thumb") if asset.thumb_path else None,
        download_url=shelf.link(asset, download=True),
    )


def tiles(assets: Iterable[Asset], shelf: Assets) -> list[Tile]:
    return [tile(asset, shelf) for asset in assets]


def shape_of(asset: Asset) -> str:
    """The grid's shape that is nearest to a picture's own; a square for what is no picture."""
    if asset.kind != Kind.IMAGE or not asset.width or not asset.height:
        return "1-1"
    ratio = asset.width / asset.height
    return min(SHAPES, key=lambda name: max(SHAPES[name] / ratio, ratio / SHAPES[name]))


def details(asset: Asset) -> list[tuple[str, str]]:
    """The settings that made an asset, except its words: (name, value) as people read them."""
    wish = asset.settings.get("input")
    if not isinstance(wish, dict):
        return []
    return [
        (name.replace("_", " ").capitalize(), _said(value))
        for name, value in wish.items()
        if name not in ("prompt", "instruction", "image", "count") and value not in (None, "", [], {})
    ]


def words_of(asset: Asset) -> str:
    """The prompt or instruction that an asset was made from, as it was written; empty where there is none."""
    return _wished(asset, "prompt") or _wished(asset, "instruction")


def made_from(asset: Asset) -> str:
    """The id of the picture that an asset was made from, or nothing."""
    return _wished(asset, "image")


def _wished(asset: Asset, name: str) -> str:
    wish = asset.settings.get("input")
    value = wish.get(name) if isinstance(wish, dict) else None
    return value if isinstance(value, str) else ""


def _said(value: Any) -> str:
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
