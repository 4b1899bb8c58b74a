"""What a wish costs, in credits and in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from atelier.catalog import Catalog
from atelier.catalog.catalog import DEFAULT
from atelier.engines import Engines
from atelier.engines.kind import Machine
from atelier.spine import quote
from atelier.tools.tool import InvalidInput


@pytest.mark.parametrize(("count", "words"), [(1, "1 picture"), (4, "4 pictures")])
def test_a_quote_says_what_is_paid_for_and_quotes_no_prompt(count: int, words: str) -> None:
    quoted = quote(
        Catalog(DEFAULT, engines=Engines().ids, lack=Engines(Machine(local=False)).lack),
        "image.generate",
        None,
        {"prompt": "A boat", "count": count},
    )
    assert quoted.counted == words


CATALOG = "".join(
    f'[[model]]\nid = "{id}"\nname = "{id}"\ntool = "image.{tool}"\nengine = "{engine}"\nlicence = "MIT"\n'
    f'family = "{family}"\nweights = "w"\nprice = {{ pictures = 1 }}\n'
    for id, tool, engine, family in (
        ("sketch", "generate", "sketch", ""),
        ("flux", "generate", "diffusers", "flux"),
        ("kontext", "edit", "diffusers", "flux-kontext"),
        ("flux2", "edit", "diffusers", "flux2"),
    )
)
ID = "019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10"


@pytest.mark.parametrize(
    ("model", "raw", "refused"),
    [
        ("sketch", {"image": ID}, "image"),
        ("sketch", {"strength": 0.5}, "strength"),
        ("sketch", {}, None),
        ("flux", {"image": ID, "strength": 0.5}, None),
        ("kontext", {"image": ID, "mask": ID, "extend": {"left": 9}}, None),
        ("kontext", {"image": ID, "references": [ID]}, "references"),
        ("flux2", {"image": ID, "references": [ID]}, None),
        ("flux2", {"image": ID, "mask": ID}, "mask"),
    ],
)
def test_what_a_model_cannot_use_is_refused_by_its_field(
    tmp_path: Path, model: str, raw: dict[str, object], refused: str | None
) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG)
    catalog = Catalog(tmp_path / "catalog.toml", engines=Engines().ids)
    tool = catalog.current.find(model).tool
    words = {"prompt": "a boat"} if tool == "image.generate" else {"instruction": "make it blue"}
    if refused is None:
        quote(catalog, tool, model, {**words, **raw})
        return
    with pytest.raises(InvalidInput, match="cannot use this") as error:
        quote(catalog, tool, model, {**words, **raw})
    assert error.value.field == refused
