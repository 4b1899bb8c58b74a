"""What files are called when they leave the studio."""

from __future__ import annotations

from atelier.assets.tables import Asset
from atelier.base.kinds import extension
from atelier.base.text import file_words

NAMED = 60  # characters of the title in a name: at most 240 bytes, and most systems take 255


def name_of(asset: Asset) -> str:
    """What a downloaded file is called: the title's first words and the end of its id, which keeps names apart."""
    return f"{file_words(asset.title, NAMED) or asset.kind}-{asset.id.hex[-6:]}.{extension(asset.content_type)}"
