"""Kinds of files: each says all of itself in its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from atelier.base import kinds
from atelier.base.kinds import AUDIO, FILE, IMAGE, Kind


def test_every_file_in_the_folder_is_a_kind_in_order() -> None:
    assert list(kinds.kinds()) == ["image", "audio", "video", "model", "text", "file"]


@pytest.mark.parametrize(
    ("content_type", "kind", "ending"),
    [("image/png", IMAGE, "png"), ("audio/wav", AUDIO, "wav"), ("application/x-program", FILE, "bin")],
)
def test_a_content_type_names_its_kind_and_its_extension(content_type: str, kind: Kind, ending: str) -> None:
    assert kinds.kind_of(content_type) is kind
    assert kinds.extension(content_type) == ending


def test_a_content_type_belongs_to_one_kind() -> None:
    types = [each for kind in kinds.kinds().values() for each in kind.types]
    assert len(types) == len(set(types))


def test_a_row_of_a_kind_that_this_release_does_not_know_is_some_other_file() -> None:
    assert kinds.find("hologram") is FILE


def test_the_guide_names_every_limit_with_its_built_in_value() -> None:
    guide = (Path(__file__).parents[2] / "docs/guide/files-of-every-kind.md").read_text()
    for kind in kinds.kinds().values():
        if kind.limits:
            names = ", ".join(f"`{kind.id}.{unit}`" for unit in kind.limits)
            values = ", ".join(map(str, kind.limits.values()))
            assert f"| {names} | {values} |" in guide
