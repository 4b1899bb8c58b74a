"""Every family of models (B1): its own pipelines of diffusers, tiny and random, through the real engine."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.conftest import Resident, reference
from tests.engines.work import contents, work
from tests.neural import ROOT

from atelier.engines import BadInput, Output, Preview, Progress, Unfit, Work
from atelier.engines.kinds.diffusers import KIND, TARGET
from atelier.engines.local.diffusers_engine import canvas
from atelier.engines.local.families import Task, families
from atelier.tools.image_edit import Extend

ID = "019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10"
PAINTS = ["flux", "qwen-image", "z-image", "flux2"]  # pictures from words
Weights = Callable[[str], Path]


@pytest.fixture(scope="session")
def weights(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """The folder of a family's tiny weights, made when it is first asked for."""
    home = tmp_path_factory.mktemp("families")
    shared = {"flux-kontext": "flux", "qwen-image-edit": "qwen-image"}

    def folder(family: str) -> Path:
        name = shared.get(family, family)
        if not (home / name).exists():
            command = [sys.executable, "-m", "tests.engines.tiny_families", name, str(home / name)]
            subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        return home / name

    return folder


@pytest.fixture(scope="session")
def engine(weights: Weights) -> Iterator[Resident]:
    child = Resident(TARGET)
    yield child
    child.close()


@pytest.fixture(scope="session")
def seeing(weights: Weights) -> Iterator[Resident]:
    """The same with a reader of pictures for Qwen-Image-Edit that needs no torchvision."""
    child = Resident("tests.engines.qwen_sees:Engine")
    yield child
    child.close()


def asked(folder: Path, family: str, tool: str = "image.generate", files: Any = None, **more: Any) -> Work:
    wish: dict[str, Any] = {"count": 1, "steps": 3, "seed": 1, "guidance": 3}
    wish |= {"prompt": "a red boat", "aspect_ratio": "1:1"} if tool == "image.generate" else {"instruction": "make it"}
    if tool == "image.edit":
        wish["image"] = ID
    return work(tool, {**wish, **more}, weights=str(folder), family=family, files=files or {})


def outcome(engine: Resident, work: Work) -> tuple[bytes, list[Any]]:
    """The picture that comes of a work, and everything that was told on the way."""
    made = list(engine.make(work))
    (data,) = [contents(each) for each in made if isinstance(each, Output)]
    return data, made


@pytest.mark.parametrize("family", PAINTS)
def test_a_picture_from_words_with_its_steps(engine: Resident, weights: Weights, family: str) -> None:
    first, told = outcome(engine, asked(weights(family), family))
    assert Image.open(io.BytesIO(first)).size == (64, 64)
    assert [each.step for each in told if isinstance(each, Progress)][-1] == 3
    assert any(isinstance(each, Preview) for each in told)
    assert outcome(engine, asked(weights(family), family))[0] == first
    assert outcome(engine, asked(weights(family), family, seed=2))[0] != first


@pytest.mark.parametrize("family", ["flux", "qwen-image", "z-image"])
def test_what_must_not_be_in_it_changes_the_picture(engine: Resident, weights: Weights, family: str) -> None:
    plain, _ = outcome(engine, asked(weights(family), family))
    without, _ = outcome(engine, asked(weights(family), family, negative_prompt="boat"))
    assert plain != without


@pytest.mark.parametrize("family", [name for name in PAINTS if Task.REDRAW in families()[name].pipelines])
def test_a_picture_to_begin_with_is_followed_the_more_the_weaker_it_may_change(
    engine: Resident, weights: Weights, family: str
) -> None:
    def redrawn(colour: str, strength: float) -> bytes:
        files = {"image": reference(96, 96, colour)}
        wish = asked(weights(family), family, files=files, image=ID, strength=strength, steps=4)
        data, told = outcome(engine, wish)
        steps = [each for each in told if isinstance(each, Progress) and each.steps]
        assert steps[-1].step == steps[-1].steps
        return data

    assert redrawn("red", 0.5) != redrawn("blue", 0.5)
    assert redrawn("red", 0.5) != redrawn("red", 1.0)


EDITS = ["flux-kontext", "flux2", "qwen-image-edit"]


@pytest.mark.parametrize("family", EDITS)
def test_an_edit_looks_at_its_picture(engine: Resident, seeing: Resident, weights: Weights, family: str) -> None:
    by = seeing if family == "qwen-image-edit" else engine

    def edited(**files: bytes) -> bytes:
        return outcome(by, asked(weights(family), family, "image.edit", files=files))[0]

    assert edited(image=reference()) == edited(image=reference())
    assert edited(image=reference()) != edited(image=reference(colour="blue"))


@pytest.mark.parametrize("family", [name for name in EDITS if families()[name].references])
def test_an_edit_looks_at_further_pictures(engine: Resident, seeing: Resident, weights: Weights, family: str) -> None:
    by = seeing if family == "qwen-image-edit" else engine
    one = outcome(by, asked(weights(family), family, "image.edit", files={"image": reference()}))[0]
    files = {"image": reference(), "references": reference(colour="green")}
    two = outcome(by, asked(weights(family), family, "image.edit", files=files, references=[ID]))[0]
    assert one != two


REPAINTS = [name for name, family in families().items() if Task.REPAINT in family.pipelines]


def mask_of(size: tuple[int, int], box: tuple[int, int, int, int]) -> bytes:
    out = io.BytesIO()
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    mask.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("family", REPAINTS)
def test_what_the_mask_leaves_stays_nearer_to_what_was_there(
    engine: Resident, seeing: Resident, weights: Weights, family: str
) -> None:
    by = seeing if family == "qwen-image-edit" else engine

    def repainted(box: tuple[int, int, int, int]) -> bytes:
        files = {"image": reference(64, 64), "mask": mask_of((64, 64), box)}
        return outcome(by, asked(weights(family), family, "image.edit", files=files, mask=ID))[0]

    left, whole = repainted((0, 0, 32, 64)), repainted((0, 0, 64, 64))
    width, height = Image.open(io.BytesIO(left)).size
    assert width == height
    assert left != whole


@pytest.mark.parametrize("family", REPAINTS)
def test_borders_are_extended(engine: Resident, seeing: Resident, weights: Weights, family: str) -> None:
    by = seeing if family == "qwen-image-edit" else engine
    extend = {"left": 0, "top": 0, "right": 64, "bottom": 0}
    files = {"image": reference(64, 64)}
    data, _ = outcome(by, asked(weights(family), family, "image.edit", files=files, extend=extend))
    width, height = Image.open(io.BytesIO(data)).size
    assert width / height == pytest.approx(2, rel=0.2)


def test_a_mask_of_another_size_is_refused_with_both_sizes(engine: Resident, weights: Weights) -> None:
    files = {"image": reference(64, 64), "mask": mask_of((32, 64), (0, 0, 9, 9))}
    with pytest.raises(BadInput, match="32 × 64 pixels and the picture 64 × 64"):
        outcome(engine, asked(weights("flux"), "flux", "image.edit", files=files, mask=ID))


def test_an_extended_picture_keeps_its_middle_and_its_mask_is_white_outside() -> None:
    picture = Image.new("RGB", (4, 2), "red")
    picture.putpixel((3, 0), (0, 0, 255))
    wide, mask = canvas(picture, None, Extend(left=1, right=2, bottom=1))
    assert wide.size == mask.size == (7, 3)
    assert np.array_equal(np.asarray(wide)[:2, 1:5], np.asarray(picture))
    assert wide.getpixel((6, 0)) == (0, 0, 255), "the border begins as the edge"
    assert [mask.getpixel((x, 0)) for x in range(7)] == [255, 0, 0, 0, 0, 255, 255]
    assert all(mask.getpixel((x, 2)) == 255 for x in range(7))


def test_a_family_cannot_do_what_it_has_no_pipeline_for(engine: Resident, weights: Weights) -> None:
    with pytest.raises(Unfit, match="family z-image cannot do this"):
        outcome(engine, asked(weights("z-image"), "z-image", "image.edit", files={"image": reference()}))


def test_weights_without_a_part_that_a_family_needs_say_so(engine: Resident, weights: Weights) -> None:
    wish = asked(weights("qwen-image"), "qwen-image-edit", "image.edit", files={"image": reference()})
    with pytest.raises(Unfit, match="processor"):
        outcome(engine, wish)


@pytest.mark.parametrize(
    ("family", "tool", "extras"),
    [
        ("flux", "image.generate", {"image", "strength", "adapter"}),
        ("flux", "image.edit", {"mask", "extend", "strength", "adapter"}),
        ("flux-kontext", "image.generate", {"adapter"}),
        ("flux2", "image.edit", {"references", "adapter"}),
        ("qwen-image-edit", "image.edit", {"mask", "extend", "strength", "references", "adapter"}),
        ("nobody-knows", "image.edit", set()),
    ],
)
def test_a_family_says_which_fields_it_can_use(family: str, tool: str, extras: set[str]) -> None:
    assert KIND.extras(tool, family) == extras


def test_a_new_family_is_one_file(tmp_path: Path) -> None:
    package = tmp_path / "atelier_families.py"
    package.write_text(
        "from atelier.engines.local import families\n"
        f"families.__path__.append({str(tmp_path / 'more')!r})\n"
        "print(sorted(families.families()))\n"
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "another.py").write_text(
        "from atelier.engines.local.families.family import Family, Task\n\n\n"
        'class Another(Family):\n    id = "another"\n    pipelines = {Task.WORDS: "FluxPipeline"}\n\n\n'
        "FAMILY = Another()\n"
    )
    said = subprocess.run([sys.executable, str(package)], capture_output=True, text=True, check=True).stdout
    assert "'another'" in said
    assert "'z-image'" in said


def test_asking_for_families_reads_no_torch() -> None:
    script = (
        "import sys; from atelier.engines.local.families import families; families();"
        "print([name for name in ('torch', 'diffusers') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
