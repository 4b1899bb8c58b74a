"""Settings travel inside a picture's file, and nothing that we read back can harm."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.assets.conftest import SETTINGS, picture

from atelier.media.imprint import LONGEST, checked, read_settings, write_settings

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@given(wish=st.dictionaries(TEXT, VALUES, max_size=4))
@settings(max_examples=60, deadline=None)
@example(wish={"prompt": "]]> </atelier:settings> &lt; \" ' \n \U0001f6a2", "seed": 2**63})
def test_settings_come_back_as_they_went_in(kind: str, wish: dict[str, Any]) -> None:
    plain = picture(kind)
    carried = {"tool": "image.generate", "model": "sketch", "input": wish}
    written = write_settings(plain, carried)
    assert read_settings(written) == carried
    with Image.open(io.BytesIO(written)) as after, Image.open(io.BytesIO(plain)) as before:
        assert (after.format, after.size, after.tobytes()) == (before.format, before.size, before.tobytes())


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_kind_of_webp_stays_readable(lossless: bool, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (33, 17), "#12345678" if mode == "RGBA" else "#123456").save(out, "WEBP", lossless=lossless)
    written = write_settings(out.getvalue(), SETTINGS)
    with Image.open(io.BytesIO(written)) as after:
        after.load()
        assert (after.size, after.mode) == ((33, 17), mode)
    assert read_settings(written) == SETTINGS


def test_what_cannot_be_carried_changes_nothing() -> None:
    plain = picture()
    assert write_settings(plain, {}) == plain
    assert write_settings(plain, {"tool": "x", "input": {"prompt": "x" * LONGEST}}) == plain
    assert write_settings(b"once upon a time", SETTINGS) == b"once upon a time"
    assert read_settings(plain) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"]))
@settings(max_examples=300, deadline=None)
def test_reading_garbage_never_raises(data: bytes, head: bytes) -> None:
    read_settings(head + data)
    whole = write_settings(picture(), SETTINGS)
    read_settings(whole[: len(data)] + data + whole[len(data) * 2 :])


@pytest.mark.parametrize(
    "found",
    [
        [],
        "text",
        {"tool": 7, "input": {}},
        {"tool": "image.generate"},
        {"tool": "image.generate", "input": []},
        {"tool": "../../etc", "input": {}},
        {"tool": "image.generate?x=1", "input": {}},
        {"tool": "image.generate", "input": {"prompt": "a\0b"}},
        {"tool": "x" * 61, "input": {}},
    ],
)
def test_settings_of_another_shape_are_none_of_ours(found: Any) -> None:
    assert checked(found) is None


def test_only_what_we_write_is_taken_over() -> None:
    assert checked({**SETTINGS, "member_id": "somebody", "model": 7}) == {**SETTINGS, "model": None}
