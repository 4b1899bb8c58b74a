"""Classical edits: a known picture gives the known pixels, by each operation and in their order."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from atelier.media.refusals import PictureTooLarge, Unusable
from atelier.media.retouch import inner, retouch
from atelier.tools.image_retouch import ImageRetouch


def file(pixels: Any, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.array(pixels, dtype=np.uint8)).save(out, kind)
    return out.getvalue()


def flat(*colour: int, width: int = 8, height: int = 6) -> bytes:
    return file(np.full((height, width, len(colour)), colour))


def after(data: bytes, *operations: dict[str, Any], mask: bytes | None = None, format: str = "png") -> Any:
    """The pixels after operations that have passed the tool's input, as the engine gets them."""
    raw = {"image": "0" * 32, "operations": list(operations), "mask": "1" * 32 if mask else None}
    asked = [each.model_dump() for each in ImageRetouch.Input.model_validate(raw).operations]
    made, _ = retouch(data, mask, asked, format, 95)
    with Image.open(io.BytesIO(made)) as picture:
        return np.asarray(picture)


NUMBERED = [[[10 * row + column, 0, 0] for column in range(4)] for row in range(3)]  # 4 wide, 3 high


def reds(pixels: Any) -> list[list[int]]:
    found: list[list[int]] = pixels[:, :, 0].tolist()
    return found


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ({"do": "crop", "left": 1, "top": 1, "width": 2, "height": 2}, [[11, 12], [21, 22]]),
        ({"do": "turn", "degrees": 90}, [[20, 10, 0], [21, 11, 1], [22, 12, 2], [23, 13, 3]]),
        ({"do": "turn", "degrees": 180}, [[23, 22, 21, 20], [13, 12, 11, 10], [3, 2, 1, 0]]),
        ({"do": "turn", "degrees": 270}, [[3, 13, 23], [2, 12, 22], [1, 11, 21], [0, 10, 20]]),
        ({"do": "flip", "across": "horizontal"}, [[3, 2, 1, 0], [13, 12, 11, 10], [23, 22, 21, 20]]),
        ({"do": "flip", "across": "vertical"}, [[20, 21, 22, 23], [10, 11, 12, 13], [0, 1, 2, 3]]),
    ],
    ids=["crop", "90", "180", "270", "across", "down"],
)
def test_shape(operation: dict[str, Any], wanted: list[list[int]]) -> None:
    assert reds(after(file(NUMBERED), operation)) == wanted


@pytest.mark.parametrize(
    ("operation", "before", "wanted"),
    [
        ({"do": "levels", "black": 50, "white": 150}, (50, 100, 200), (0, 128, 255)),
        ({"do": "levels", "gamma": 2}, (64, 0, 255), (128, 0, 255)),
        ({"do": "colour", "brightness": 1.5}, (100, 200, 0), (150, 255, 0)),
        ({"do": "colour", "contrast": 2}, (100, 128, 200), (73, 129, 255)),
        ({"do": "colour", "saturation": 0}, (255, 0, 0), (54, 54, 54)),
        ({"do": "colour", "temperature": 100}, (100, 100, 100), (130, 100, 70)),
        ({"do": "colour", "temperature": -100}, (100, 100, 100), (70, 100, 130)),
    ],
    ids=["levels", "gamma", "brightness", "contrast", "grey", "warm", "cool"],
)
def test_tone(operation: dict[str, Any], before: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    found = after(flat(*before), operation)
    assert np.abs(found.astype(int) - wanted).max() <= 1


def test_straightened_pictures_have_no_empty_corners() -> None:
    found = after(flat(200, 100, 50, width=200, height=100), {"do": "straighten", "degrees": 10})
    assert found.shape[:2] == inner(200, 100, 10)[::-1]
    assert found.reshape(-1, 3).min(axis=0).tolist() == [200, 100, 50]


def test_denoise_smooths_noise_and_keeps_an_edge() -> None:
    noise = np.random.default_rng(1).normal(0, 8, (64, 64, 3))
    edge = np.where(np.arange(64)[None, :, None] < 32, 60, 190) + noise
    found = after(file(edge.clip(0, 255)), {"do": "denoise", "strength": 2}).astype(float)
    assert found[:, :28].std() < 0.6 * edge[:, :28].std()
    assert found[:, 33].mean() - found[:, 30].mean() > 115


def test_sharpening_steepens_an_edge() -> None:
    edge = np.repeat(np.array([[100] * 8 + [150] * 8]), 16, 0)[:, :, None].repeat(3, 2)
    found = after(file(edge), {"do": "sharpen", "amount": 1})
    assert found.min() < 100 < 150 < found.max()


def test_upscale_keeps_colour_and_names_sizes_that_are_too_large() -> None:
    assert after(flat(9, 8, 7), {"do": "upscale", "factor": 3}).shape == (18, 24, 3)
    huge = io.BytesIO()
    Image.new("L", (6000, 4000)).save(huge, "PNG")
    with pytest.raises(PictureTooLarge, match="12,000 × 8,000"):
        after(huge.getvalue(), {"do": "upscale", "factor": 2})


HALF = file(np.where(np.arange(32)[None, :] < 16, 0, 255).repeat(32, 0))


def test_blur_works_under_the_mask_alone() -> None:
    stripes = np.where(np.arange(32)[None, :] % 2, 255, 0).repeat(32, 0)[:, :, None].repeat(3, 2)
    found = after(file(stripes), {"do": "blur", "radius": 6}, mask=HALF)
    assert (found[:, :16] == stripes[:, :16]).all()
    assert found[8:24, 18:30].std() < 20


def test_inpaint_fills_a_hole_from_around_it() -> None:
    spot = np.full((40, 40, 3), (30, 160, 90))
    spot[18:22, 18:22] = 255
    hole = np.zeros((40, 40))
    hole[17:23, 17:23] = 255
    found = after(file(spot), {"do": "inpaint"}, mask=file(hole))
    assert np.abs(found.astype(int) - (30, 160, 90)).max() <= 2


def test_the_mask_follows_the_shape() -> None:
    stripes = np.where(np.arange(32)[None, :] % 2, 255, 0).repeat(32, 0)[:, :, None].repeat(3, 2)
    found = after(file(stripes), {"do": "flip", "across": "horizontal"}, {"do": "blur", "radius": 6}, mask=HALF)
    assert set(found[:, 16:].ravel().tolist()) == {0, 255}
    assert found[8:24, 2:14].std() < 20


def test_alpha_is_kept_and_laid_on_white_in_a_jpeg() -> None:
    clear = flat(10, 20, 30, 0)
    assert after(clear, {"do": "turn", "degrees": 90}).shape == (8, 6, 4)
    assert after(clear, {"do": "turn", "degrees": 90}, format="jpeg").min() == 255


@pytest.mark.parametrize(
    ("operation", "mask", "sentence"),
    [
        ({"do": "crop", "left": 5, "top": 0, "width": 4, "height": 6}, None, r"reaches 9 × 6 pixels.*has 8 × 6"),
        ({"do": "inpaint"}, flat(255, 255, 255), "covers the whole picture"),
        ({"do": "blur"}, flat(255, 255, 255, width=9), r"mask has 9 × 6 pixels and the picture 8 × 6"),
    ],
    ids=["crop", "all masked", "other size"],
)
def test_what_does_not_fit_is_refused(operation: dict[str, Any], mask: bytes | None, sentence: str) -> None:
    with pytest.raises(Unusable, match=sentence):
        after(flat(1, 2, 3), operation, mask=mask)
