"""Pictures made anew: every mode and format comes in, upright and in sRGB, and what is too large is not opened."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms
from tests.assets.conftest import picture
from tests.media.hostile import GREY, PALETTE, RGB, RGBA, chunk, packed, png, tower

from atelier.media import colour
from atelier.media.notes import Note
from atelier.media.pictures import LONGEST_SIDE, bring, eight_bits, prepare
from atelier.media.refusals import PictureDamaged, PictureTooLarge, Refused


def seen(data: bytes) -> tuple[int, ...]:
    """The colour in the middle."""
    with Image.open(io.BytesIO(data)) as taken:
        shade = taken.convert("RGBA" if taken.mode == "RGBA" else "RGB").getpixel((taken.width // 2, taken.height // 2))
    assert isinstance(shade, tuple)
    return shade


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def near(found: tuple[int, ...], wanted: tuple[int, ...], within: int = 3) -> bool:
    return all(abs(one - other) <= within for one, other in zip(found, wanted, strict=True))


P3 = colour.profile_of(colour.DISPLAY_P3, colour.SRGB_CURVE)
ORANGE, IN_SRGB = (200, 100, 60), (215, 93, 47)


def test_a_profile_of_ours_is_what_the_colour_library_calls_the_same() -> None:
    ours = ImageCms.ImageCmsProfile(io.BytesIO(colour.profile_of(colour.SRGB, colour.SRGB_CURVE)))
    strip = Image.frombytes("RGB", (85, 1), bytes(range(255)))
    same = ImageCms.profileToProfile(strip, ours, ImageCms.createProfile("sRGB"))
    assert same is not None
    assert max(abs(a - b) for a, b in zip(strip.tobytes(), same.tobytes(), strict=True)) <= 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_display_p3_becomes_srgb_in_the_picture_and_in_its_thumbnail(kind: str, mode: str) -> None:
    if kind == "JPEG" and mode != "RGB":
        pytest.skip("a JPEG has one such mode")
    if kind == "WEBP" and mode == "P":
        pytest.skip("a WebP has no palette")
    whole = Image.new("RGB", (64, 64), ORANGE)
    whole = whole.quantize() if mode == "P" else whole.convert(mode)
    data = saved(whole, kind, icc_profile=P3, **({"quality": 100} if kind != "PNG" else {}))
    brought = bring(data)
    assert near(seen(brought.data)[:3], IN_SRGB)
    assert near(seen(brought.thumb)[:3], IN_SRGB, 6)
    assert near(seen(prepare(data, {}).thumb)[:3], IN_SRGB, 6)
    assert brought.notes == ()
    assert b"ICC" not in brought.data
    assert b"iCCP" not in brought.data


def test_a_profile_with_another_curve_has_it_followed() -> None:
    power = colour.profile_of(colour.DISPLAY_P3, (2.2,))
    assert near(seen(bring(saved(Image.new("RGB", (64, 64), ORANGE), icc_profile=power)).data), (216, 93, 43), 1)


CHUNKS: dict[str, tuple[bytes, ...]] = {
    "coded (cICP)": (chunk(b"cICP", bytes([12, 13, 0, 1])),),
    "coded, though a profile says otherwise": (
        chunk(b"cICP", bytes([12, 13, 0, 1])),
        chunk(b"iCCP", b"x\0\0" + packed(colour.profile_of(colour.BT2020, (1.0,)))),
    ),
    "by its corners (gAMA and cHRM)": (
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)),
    ),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_png_says_its_colours_in_other_ways_too(name: str) -> None:
    row = b"\0" + bytes(ORANGE) * 8
    brought = bring(png(8, 8, raw=row * 8, before=CHUNKS[name]))
    assert near(seen(brought.data), IN_SRGB)
    assert brought.notes == ()


def test_a_photograph_that_says_adobe_rgb_without_a_profile() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {1: "R03"}
    data = saved(Image.new("RGB", (64, 64), (120, 180, 90)), "JPEG", exif=exif, quality=100)
    with_profile = saved(
        Image.new("RGB", (64, 64), (120, 180, 90)),
        "JPEG",
        quality=100,
        icc_profile=colour.profile_of(colour.ADOBE_RGB, colour.ADOBE_CURVE),
    )
    assert seen(bring(data).data) == seen(bring(with_profile).data) != (120, 180, 90)


def test_greys_with_a_profile_of_greys_or_of_colours() -> None:
    linear = colour.profile_of(colour.SRGB, (1.0,))
    taken = bring(saved(Image.new("L", (64, 64), 55), icc_profile=linear))
    assert near(seen(taken.data), (128, 128, 128), 2)
    assert taken.notes == ()


def test_print_colours_become_srgb() -> None:
    taken = bring(saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=100))
    red, green, blue = seen(taken.data)
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize(
    "profile", [b"no profile at all", P3[:200], P3[:-40], b"\0" * 400], ids=["text", "head", "cut", "zeros"]
)
def test_a_broken_profile_is_ignored_and_said(profile: bytes) -> None:
    taken = bring(saved(Image.new("RGB", (64, 64), ORANGE), icc_profile=profile))
    assert taken.notes == (Note.PROFILE_IGNORED,)
    assert seen(taken.data) == ORANGE


def test_a_profile_of_another_kind_of_picture_is_ignored_and_said() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    taken = bring(saved(Image.new("RGB", (64, 64), ORANGE), "JPEG", icc_profile=lab, quality=100))
    assert taken.notes == (Note.PROFILE_IGNORED,)
    assert near(seen(taken.data), ORANGE)


def test_high_dynamic_range_is_said() -> None:
    taken = bring(png(8, 8, raw=200, before=[chunk(b"cICP", bytes([9, 16, 0, 1]))]))
    assert taken.notes == (Note.HDR_IGNORED,)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_way_that_a_camera_was_held_comes_in_upright(kind: str, orientation: int) -> None:
    whole = Image.new("RGB", (40, 20), "white")
    whole.paste("black", (0, 0, 20, 10))  # the upper left quarter, as stored
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    brought = bring(saved(whole, kind, exif=exif, **options))
    assert (brought.width, brought.height) == ((40, 20) if orientation < 5 else (20, 40))
    across, down = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]
    with Image.open(io.BytesIO(brought.data)) as taken:
        x, y = (taken.width * (1 + 2 * across) // 4, taken.height * (1 + 2 * down) // 4)
        assert taken.convert("L").getpixel((x, y)) == pytest.approx(0, abs=10)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_keeps_its_first_picture_and_says_so(kind: str) -> None:
    frames = [Image.new("RGB", (60, 40), shade) for shade in ("red", "blue", "green")]
    brought = bring(saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, lossless=True))
    assert brought.notes == (Note.FIRST_FRAME,)
    assert near(seen(brought.data), (255, 0, 0))


def blank(mode: str, size: tuple[int, int], kind: str = "PNG", **options: Any) -> Callable[[], bytes]:
    return lambda: saved(Image.new(mode, size, 0), kind, **options)


GOOD: dict[str, Callable[[], bytes]] = {
    "a mask of 4096 on a side": blank("L", (4096, 4096)),
    "one of black and white alone": blank("1", (4096, 4096)),
    "one with a palette": blank("P", (4096, 4096)),
    "one of one colour": blank("RGB", (4096, 4096)),
    "one as lossless WebP": blank("RGB", (4096, 4096), "WEBP", lossless=True),
    "one as JPEG": blank("L", (4096, 4096), "JPEG"),
    "a long strip": blank("L", (20_000, 60)),
    "more text than a reader takes": lambda: png(
        8, 8, raw=200, before=[chunk(b"zTXt", b"workflow\0\0" + packed(3_000_000))]
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_picture_is_taken_however_little_its_file_has(name: str) -> None:
    assert bring(GOOD[name]()).notes == ()


BAD: dict[str, tuple[Callable[[], bytes], type[Refused]]] = {
    "one pixel wide and 30 million high": (tower, PictureTooLarge),
    "one pixel high and 30 million wide": (lambda: png(30_000_000, 1, colour=GREY, raw=30_000_001), PictureTooLarge),
    "a side more than the most": (lambda: png(LONGEST_SIDE + 1, 1, colour=GREY, raw=LONGEST_SIDE + 2), PictureTooLarge),
    "black and white, of too many pixels": (
        lambda: png(8000, 8000, depth=1, colour=GREY, raw=8_008_000),
        PictureTooLarge,
    ),
    "WebP that claims a canvas of 16,384² pixels": (lambda: webp_claiming(16_384, 16_384), PictureTooLarge),
    "WebP that claims more than the format has": (lambda: webp_claiming(2**24, 2**24), PictureTooLarge),
    "a palette without its colours": (lambda: png(8, 8, colour=PALETTE, raw=8), PictureDamaged),
    "of no width": (lambda: png(0, 8, raw=8), PictureDamaged),
}


def webp_claiming(width: int, height: int) -> bytes:
    """A still WebP in a file that says its canvas is of that size."""
    small = saved(Image.new("RGB", (16, 16)), "WEBP")
    head = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = b"WEBPVP8X" + struct.pack("<I", 10) + head + small[12:]
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


@pytest.mark.parametrize("name", BAD)
def test_what_would_cost_too_much_is_not_decoded(name: str) -> None:
    make, reason = BAD[name]
    with pytest.raises(reason):
        bring(make())


def test_a_profile_and_text_that_unpack_without_end_are_not_unpacked() -> None:
    huge = packed(40_000_000)
    taken = bring(png(8, 8, raw=200, before=[chunk(b"iCCP", b"x\0\0" + huge), chunk(b"zTXt", b"x\0\0" + huge)]))
    assert taken.notes == (Note.PROFILE_IGNORED,)


@pytest.mark.parametrize("shape", [(16, RGBA), (16, RGB), (16, GREY), (8, RGBA), (1, GREY)], ids=str)
@pytest.mark.parametrize("interlaced", [False, True])
def test_every_depth_is_taken_interlaced_or_not(shape: tuple[int, int], interlaced: bool) -> None:
    depth, kind = shape
    wide = depth * {GREY: 1, RGB: 3, RGBA: 4}[kind]
    taken = bring(png(16, 16, depth=depth, colour=kind, interlaced=interlaced, raw=40 + 16 * (16 * wide // 8 + 1)))
    assert (taken.width, taken.height) == (16, 16)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_picture_is_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    with Image.open(io.BytesIO(bring(out.getvalue()).data)) as taken:
        assert taken.size == (40, 30)
        assert taken.mode in ("L", "RGB", "RGBA")


def ramp(mode: str) -> Image.Image:
    """256 greys from black to white, evenly, in a mode that has room for more than 256."""
    picture = Image.new(mode, (256, 1))
    for level in range(256):
        picture.putpixel((level, 0), level * 257)
    return picture


def greys(data: bytes) -> list[int]:
    with Image.open(io.BytesIO(data)) as taken:
        return list(taken.convert("L").tobytes())


def test_sixteen_bits_of_grey_become_eight_and_none_turns_white() -> None:
    out = io.BytesIO()
    ramp("I;16").save(out, "PNG")
    assert greys(bring(out.getvalue()).data) == list(range(256))
    seen = greys(prepare(out.getvalue(), {}).thumb)
    assert max(abs(found - level) for level, found in enumerate(seen)) < 12  # it is a small WebP


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_each_mode_of_deep_greys_keeps_its_ramp(mode: str) -> None:
    assert list(eight_bits(ramp(mode)).tobytes()) == list(range(256))


def test_few_greys_in_a_deep_mode_stay_as_they_are() -> None:
    picture = Image.new("I", (256, 1))
    picture.putdata(list(range(256)))
    assert list(eight_bits(picture).tobytes()) == list(range(256))


def test_deep_greys_of_which_one_is_see_through_keep_their_shades() -> None:
    out = io.BytesIO()
    ramp("I;16").save(out, "PNG", transparency=5 * 257)
    assert greys(bring(out.getvalue()).data)[6:] == list(range(6, 256))


def test_see_through_stays_see_through() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 128)).save(out, "PNG")
    with Image.open(io.BytesIO(bring(out.getvalue()).data)) as taken:
        assert taken.getpixel((0, 0)) == (255, 0, 0, 128)


def test_a_phones_double_picture_is_a_jpeg() -> None:
    out = io.BytesIO()
    first, second = Image.new("RGB", (60, 40), "red"), Image.new("RGB", (60, 40), "blue")
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert bring(out.getvalue()).content_type == "image/jpeg"


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_broken_file_is_refused_and_never_a_crash(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"])), (31, 23)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        bring(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
