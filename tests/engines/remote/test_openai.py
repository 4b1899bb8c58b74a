"""What only OpenAI's image API has: masks that are see-through, and several pictures in one form."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.engines.conftest import reference
from tests.engines.remote.conftest import KEY, openai
from tests.engines.test_families import ID, mask_of
from tests.engines.work import contents

from atelier.demo.openai import KEY as DEMO_KEY
from atelier.engines import BadInput, EngineError, Output


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, DEMO_KEY)


@pytest.mark.parametrize("model", ["gpt-image-1", "demo-poster"])
async def test_only_what_the_mask_shows_is_painted_anew(model: str) -> None:
    remote = openai(model)
    files = {"image": reference(96, 64), "mask": mask_of((96, 64), (48, 0, 96, 64))}
    work = remote.work("image.edit", files=files, mask=ID, instruction="make it blue")
    [made] = [each for each in await remote.make(work) if isinstance(each, Output)]
    before = np.asarray(Image.open(io.BytesIO(reference(96, 64))).convert("RGB"))
    after = np.asarray(Image.open(io.BytesIO(contents(made))).convert("RGB"))
    assert np.array_equal(after[:, :48], before[:, :48])
    assert not np.any(np.all(after[:, 48:] == before[:, 48:], axis=-1))


async def test_a_mask_of_another_size_is_refused_by_the_provider_and_said_so() -> None:
    remote = openai()
    files = {"image": reference(96, 64), "mask": mask_of((64, 64), (0, 0, 9, 9))}
    with pytest.raises(EngineError, match="mask"):
        await remote.make(remote.work("image.edit", files=files, mask=ID))


async def test_a_mask_that_is_no_picture_is_refused() -> None:
    remote = openai()
    with pytest.raises(BadInput, match="PNG, JPEG or WebP"):
        await remote.make(remote.work("image.edit", files={"image": reference(), "mask": b"GIF89a"}, mask=ID))


async def test_further_pictures_are_sent_with_the_first() -> None:
    remote = openai()
    files = {"image": reference(), "references": reference(colour="green")}
    work = remote.work("image.edit", files=files, references=[ID])
    assert [each for each in await remote.make(work) if isinstance(each, Output)]
