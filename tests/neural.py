"""What tests of neural models need: the libraries, and weights that are made in a moment."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from atelier.engines.kinds.diffusers import LIBRARIES

MISSING = [name for name in LIBRARIES if find_spec(name) is None]
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def libraries() -> None:
    """What neural models need; a studio may leave it out, and then nothing here can be tried."""
    if MISSING:
        pytest.skip(f"bin/setup local: no {', '.join(MISSING)}")


@pytest.fixture(scope="session")
def tiny(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights that open in FLUX's pipelines and know nothing."""
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    subprocess.run([sys.executable, "-m", "tests.engines.tiny", str(folder)], check=True, cwd=ROOT, capture_output=True)
    return folder
