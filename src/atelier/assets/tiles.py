"""Assets as pages show them: with their links, their shape in the grid, and their settings in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from atelier.assets.shelf import Assets
from atelier.assets.tables import Asset
from atelier.base.file_limits import Limits
from atelier.base.kinds import AUDIO, IMAGE, TEXT, VIDEO, Kind, find, kinds
from atelier.web.formats import size
from atelier.web.language import translate

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
    def kind(self) -> Kind:
        return find(self.asset.kind)

    @property
    def seconds(self) -> float:
        """How long a recording lasts; 0 where that was not measured."""
        return float(self.asset.measures.get("seconds", 0))

    @property
    def bars(self) -> int:
        """How many bars the waveform of a sound has; 0 where there is none."""
        return len(self.asset.measures.get("peaks", ()))

    @property
    def waveform(self) -> str:
        """The waveform as an SVG path: a bar of at least two units for each peak, on a height of 100."""
        heights = [max(1, min(50, peak / 2)) for peak in _risen(self.asset.measures.get("peaks", ()))]
        return "".join(f"M{3 * at + 1.5} {50 - height:g}v{2 * height:g}" for at, height in enumerate(heights))

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


def _risen(peaks: Sequence[int]) -> list[float]:
    """Peaks so that the loudest fills the height: also a quiet recording shows its shape."""
    loudest = max(peaks, default=0)
    return [peak * 100 / loudest for peak in peaks] if loudest else list(map(float, peaks))


def shape_of(asset: Asset) -> str:
    """The grid's shape that is nearest to the own one of a picture or a film; any other kind has its own."""
    if asset.kind not in (IMAGE.id, VIDEO.id) or not asset.width or not asset.height:
        return {AUDIO.id: "4-3", TEXT.id: "3-4"}.get(asset.kind, "1-1")
    ratio = asset.width / asset.height
    return min(SHAPES, key=lambda name: max(SHAPES[name] / ratio, ratio / SHAPES[name]))


def bringing(limits: Limits) -> list[dict[str, Any]]:
    """What can be brought, for the browser: each kind's limit."""
    return [browser_limit(kind, limits) for kind in kinds().values() if kind.verb]


def browser_limit(kind: Kind, limits: Limits) -> dict[str, Any]:
    """A kind's limit for the browser: ends of names, the most bytes, and the sentence for what is larger."""
    most = limits[kind.id]["megabytes"] * 1_000_000
    sentence = translate("It is larger than %(size)s, which is the most that the library takes of this kind.")
    return {"endings": kind.chosen, "most": most, "large": sentence % {"size": size(most)}}


def details(asset: Asset) -> list[tuple[str, str]]:
    """The settings that made an asset, except its words: (name, value) as people read them."""
    asked = asset.settings.get("input")
    if not isinstance(asked, dict):
        return []
    return [
        (name.replace("_", " ").capitalize(), _said(value))
        for name, value in asked.items()
        if name not in ("prompt", "instruction", "image", "count") and value not in (None, "", [], {})
    ]


def words_of(asset: Asset) -> str:
    """The prompt or instruction that an asset was made from, as it was written; empty where there is none."""
    return _wished(asset, "prompt") or _wished(asset, "instruction")


def _wished(asset: Asset, name: str) -> str:
    asked = asset.settings.get("input")
    value = asked.get(name) if isinstance(asked, dict) else None
    return value if isinstance(value, str) else ""


def _said(value: Any) -> str:
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
