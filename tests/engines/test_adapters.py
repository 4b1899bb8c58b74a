"""Adapters (A2, F4): each family puts one on and takes it off without a trace; what does not fit is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.engines.conftest import Resident
from tests.engines.test_families import ID, PAINTS, Weights, asked, engine, outcome, weights
from tests.neural import ROOT

from atelier.engines import BadInput
from atelier.engines.local.families import families

__all__ = ["engine", "weights"]
Adapter = Callable[..., bytes]


@pytest.fixture(scope="session")
def adapter(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """An adapter for a family's tiny weights, sound or with a fault."""
    folder = tmp_path_factory.mktemp("adapters")

    def made(family: str, fault: str = "") -> bytes:
        file = folder / f"{family}-{fault}.safetensors"
        if not file.exists():
            kind = next(iter(families()[family].pipelines.values()))
            command = [sys.executable, "-m", "tests.engines.tiny_adapter", kind, str(weights(family)), str(file), fault]
            subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        return file.read_bytes()

    return made


@pytest.mark.parametrize("family", PAINTS)
def test_an_adapter_changes_the_picture_and_leaves_no_trace(
    engine: Resident, weights: Weights, adapter: Adapter, family: str
) -> None:
    folder, own = weights(family), adapter(family)

    def worn(scale: float) -> bytes:
        return outcome(engine, asked(folder, family, files={"adapter": own}, adapter=ID, lora_scale=scale))[0]

    before, _ = outcome(engine, asked(folder, family, prompt="userann, a red boat"))
    full = worn(1.0)
    assert full != before
    assert worn(1.0) == full
    assert worn(0.3) not in (before, full)
    assert worn(0.0) == before, "at no strength only the trigger word is left of it"
    assert outcome(engine, asked(folder, family, prompt="userann, a red boat"))[0] == before


def test_its_trigger_word_enters_the_prompt_once(engine: Resident, weights: Weights, adapter: Adapter) -> None:
    def worn(prompt: str) -> bytes:
        files = {"adapter": adapter("z-image")}
        return outcome(engine, asked(weights("z-image"), "z-image", files=files, adapter=ID, prompt=prompt))[0]

    assert worn("a red boat") == worn("Userann, a red boat")


@pytest.mark.parametrize(
    ("fault", "said"),
    [("nan", "NaN or infinite"), ("rank", "has rank 300"), ("part", "another base model")],
)
def test_a_faulty_adapter_is_refused_and_the_next_picture_is_as_before(
    engine: Resident, weights: Weights, adapter: Adapter, fault: str, said: str
) -> None:
    folder = weights("flux")
    before, _ = outcome(engine, asked(folder, "flux"))
    with pytest.raises(BadInput, match=said):
        outcome(engine, asked(folder, "flux", files={"adapter": adapter("flux", fault)}, adapter=ID))
    assert outcome(engine, asked(folder, "flux"))[0] == before


def test_an_adapter_for_another_base_is_refused_by_every_other_family(
    engine: Resident, weights: Weights, adapter: Adapter
) -> None:
    for family in ("qwen-image", "z-image", "flux2"):
        with pytest.raises(BadInput, match="another base model"):
            outcome(engine, asked(weights(family), family, files={"adapter": adapter("flux")}, adapter=ID))


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\xff" * 100], ids=["empty", "pickle", "noise"])
def test_what_is_no_file_of_safetensors_is_refused(engine: Resident, weights: Weights, data: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        outcome(engine, asked(weights("flux"), "flux", files={"adapter": data}, adapter=ID))
