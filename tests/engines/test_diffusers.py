"""The engine `diffusers`: its weights, its references, its memory; and that nobody else pays for its libraries."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.engines.conftest import Resident, edit, reference
from tests.engines.work import contents, work
from tests.neural import MISSING

from atelier.engines import BadInput, Engines, Output, Unfit, Work
from atelier.engines.kind import Machine
from atelier.engines.local.diffusers_engine import _picture
from atelier.engines.local.diffusion.recipe import Recipe
from atelier.engines.weights.whole import SUMS, lack

WISH = {"prompt": "a red boat", "count": 1, "steps": 2, "seed": 1, "guidance": 1}
HOUSE = Recipe(64, ((256, 256), (224, 304), (304, 224)))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder that says what belongs in it, as a clone has it."""
    folder = tmp_path / "house" / "weights"
    (folder / "vae").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    files = {"model_index.json": b'{"vae": ["diffusers", "AutoencoderKL"]}', "vae/model.safetensors": b"weights"}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / SUMS).write_text("".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()))
    return folder


def _outputs(engine: Resident, work: Work) -> list[bytes]:
    return [contents(made) for made in engine.make(work) if isinstance(made, Output)]


def test_a_file_that_is_missing_or_damaged_is_named_with_what_brings_it_back(weights: Path) -> None:
    assert lack(weights) is None
    file = weights / "vae" / "model.safetensors"
    file.write_bytes(b"weightz")
    remedy = "`git checkout -- house/weights` brings it back."
    assert lack(weights) == f"house/weights/vae/model.safetensors is damaged. {remedy}"
    file.unlink()
    assert "house/weights/vae/model.safetensors is missing" in (lack(weights) or "")
    shutil.rmtree(weights)
    assert lack(weights) == (
        f"The folder house/weights is missing. If this release came with it, {remedy[:-1]};"
        " if not, docs/guide/models-that-run-here.md says what to put there."
    )


def test_weights_without_checksums_are_whole_when_their_parts_are_there(weights: Path) -> None:
    (weights / SUMS).unlink()
    assert lack(weights) is None
    (weights / "vae" / "model.safetensors").unlink()
    assert "house/weights/vae is missing" in (lack(weights) or "")
    (weights / "model_index.json").write_text("{")
    assert "cannot be read" in (lack(weights) or "")


def test_an_engine_says_what_it_lacks(weights: Path) -> None:
    home = weights.parents[1]
    assert Engines(Machine(roots=(home,), local=False)).lack("diffusers", "house/weights") == (
        "Models that run here are left out (ATELIER_EXTRAS=none)."
    )
    assert Engines(Machine(roots=(home,)), elsewhere={"diffusers"}).lack("diffusers", "nowhere") is None
    assert Engines(Machine(roots=(home,))).lack("sketch", "") is None
    assert Engines(Machine(local=False)).able == ("retouch", "sketch")
    if not MISSING:
        assert Engines(Machine(roots=(home / "data", home))).lack("diffusers", "house/weights") is None


@pytest.mark.parametrize(
    ("ratio", "size"),
    [("3:4", (224, 304)), ("4:3", (304, 224)), ("1:1", (256, 256)), ("9:16", (192, 352)), ("16:9", (352, 192))],
)
def test_sizes_are_the_trained_ones_or_of_their_area(ratio: str, size: tuple[int, int]) -> None:
    across, down = map(int, ratio.split(":"))
    assert HOUSE.size(across, down) == size
    assert HOUSE.size(across, down, trained=True) in HOUSE.shapes


def test_damaged_weights_are_not_read(diffusers: Resident, tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "house" / "weights"
    shutil.copytree(tiny, folder)
    asked = work("image.generate", WISH, weights=str(folder), family="flux")
    assert len(_outputs(diffusers, asked)) == 1
    file = next((folder / "transformer").glob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(Unfit, match=rf"house/weights/transformer/{file.name} is damaged"):
        _outputs(diffusers, asked)
    file.write_bytes(data[:100])
    (folder / SUMS).unlink()
    with pytest.raises(Unfit, match="cannot be opened"):
        _outputs(diffusers, asked)
    assert len(_outputs(diffusers, work("image.generate", WISH, weights=str(tiny), family="flux"))) == 1


def test_a_family_that_nobody_knows_is_named(diffusers: Resident, tiny: Path) -> None:
    with pytest.raises(Unfit, match="knows no family 'qwen'"):
        _outputs(diffusers, work("image.generate", WISH, weights=str(tiny), family="qwen"))


def test_an_edit_looks_at_its_picture_and_keeps_its_shape(diffusers: Resident, tiny: Path) -> None:
    red = _outputs(diffusers, edit(tiny, reference()))
    assert red == _outputs(diffusers, edit(tiny, reference()))
    assert red != _outputs(diffusers, edit(tiny, reference(colour="blue")))
    (wide,) = _outputs(diffusers, edit(tiny, reference(1600, 900)))
    assert Image.open(io.BytesIO(wide)).size == (64, 48)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_see_through_is_edited_on_white_and_not_in_its_hidden_colours(kind: str) -> None:
    out = io.BytesIO()
    sheet = Image.new("RGBA", (3, 1), (255, 0, 0, 0))
    sheet.putpixel((1, 0), (0, 0, 255, 128))
    sheet.putpixel((2, 0), (0, 255, 0, 255))
    sheet.save(out, kind, lossless=True, exact=True)
    seen = _picture(work("t", {}, files={"image": out.getvalue()}).files)
    assert seen.mode == "RGB"
    assert seen.tobytes() == bytes((255, 255, 255, 127, 127, 255, 0, 255, 0))


def test_a_colour_of_a_palette_that_is_see_through_is_edited_as_white() -> None:
    out = io.BytesIO()
    sheet = Image.new("P", (2, 1))
    sheet.putpalette([255, 0, 0, 0, 255, 0])
    sheet.putpixel((1, 0), 1)
    sheet.save(out, "PNG", transparency=0)
    assert _picture(work("t", {}, files={"image": out.getvalue()}).files).tobytes() == bytes((255, 255, 255, 0, 255, 0))


@pytest.mark.parametrize("picture", [b"", b"GIF89a", reference()[:40]], ids=["empty", "foreign", "cut"])
def test_what_is_no_picture_is_refused(diffusers: Resident, tiny: Path, picture: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        _outputs(diffusers, edit(tiny, picture))


def test_guidance_and_what_to_leave_out_change_the_picture(diffusers: Resident, tiny: Path) -> None:
    def picture(**more: Any) -> list[bytes]:
        return _outputs(diffusers, work("image.generate", {**WISH, **more}, weights=str(tiny), family="flux"))

    assert len({b"".join(picture(**more)) for more in ({}, {"guidance": 4}, {"negative_prompt": "boat"})}) == 3


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    ("able", "computes"),
    [({"avx512_bf16": True}, "bfloat16"), ({"amx_bf16": True}, "bfloat16"), ({"avx512_bf16": False}, "float32")],
    ids=["AVX-512", "AMX", "neither"],
)
def test_a_processor_computes_in_half_precision_only_where_that_is_fast(able: dict[str, bool], computes: str) -> None:
    script = (
        "import torch, atelier.engines.local.diffusion.opening as opening\n"
        f"torch.cpu.get_capabilities = lambda: {able}\n"
        "print(opening.precision(torch.device('cpu')))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == f"torch.{computes}\n"


def test_neither_web_nor_worker_reads_torch() -> None:
    script = (
        "import sys, atelier.app, atelier.cli.serve, atelier.cli.work, atelier.bootstrap\n"
        "from atelier.engines import Engines\n"
        "Engines().lack('diffusers', 'house/weights')\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
