"""Contact sheets: pictures in a grid with their words underneath."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from house.world.paint import Picture

PAPER, TEXT, GAP, LINE = (250, 248, 244), (40, 38, 44), 6, 12


def sheet(
    pictures: Sequence[Picture], words: Sequence[str], path: Path, *, columns: int = 8, side: int = 192, lines: int = 4
) -> None:
    """Save pictures as one image; each is fitted into a square of `side` pixels."""
    room = lines * LINE + 4 if words else 0
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (side + GAP) + GAP, rows * (side + room + GAP) + GAP), PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=10)
    for place, picture in enumerate(pictures):
        x, y = place % columns * (side + GAP) + GAP, place // columns * (side + room + GAP) + GAP
        image = Image.fromarray(np.asarray(picture))
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        page.paste(image, (x + (side - image.width) // 2, y + (side - image.height) // 2))
        if words:
            for row, line in enumerate(textwrap.wrap(words[place], int(side / 5.0))[:lines]):
                draw.text((x, y + side + 2 + LINE * row), line, fill=TEXT, font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path)
