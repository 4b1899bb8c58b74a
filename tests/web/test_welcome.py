"""The first page speaks of the model that can work here (F10)."""

from __future__ import annotations

import httpx
import pytest

from atelier.catalog.catalog import DEFAULT
from atelier.engines.kinds import diffusers
from atelier.settings import Settings


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with or without models that run here; without any that can work; or with one at that price."""
    monkeypatch.setattr(diffusers, "LIBRARIES", ())  # the page asks what can work here, and nothing works in this test
    if request.param == "nothing":
        house = DEFAULT.read_text().split("[[model]]")[1]
        (settings.home / "catalog.toml").write_text(f"[[model]]{house}")
        return settings.model_copy(update={"extras": "none"})
    if isinstance(request.param, int):
        sketch = next(entry for entry in DEFAULT.read_text().split("[[model]]") if 'id = "sketch"' in entry)
        price = f"price = {{ pictures = {request.param} }}" if request.param else "price = {}"
        priced = sketch.replace("price = { pictures = 1 }", price)
        (settings.home / "catalog.toml").write_text(f"[[model]]{priced}")
        return settings.model_copy(update={"extras": "none"})
    return settings.model_copy(update={"extras": request.param})


@pytest.mark.parametrize("settings", ["local"], indirect=True)
async def test_where_the_house_model_can_work_it_is_what_a_newcomer_is_promised(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/")).text
    assert "House needs no graphics card" in page
    assert "Sketch" not in page


@pytest.mark.parametrize("settings", ["none"], indirect=True)
async def test_where_it_is_left_out_nobody_is_promised_it(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/")).text
    assert "House needs no graphics card" not in page
    assert "Sketch paints here" in page
    assert "no neural model" in page


@pytest.mark.parametrize("settings", ["nothing"], indirect=True)
async def test_where_nothing_can_paint_nothing_is_promised(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/")
    assert answer.status_code == 200
    assert "paints here" not in answer.text
    assert "House needs no graphics card" not in answer.text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (0, "Pictures by Sketch cost nothing."),
        (1, "A picture by Sketch costs 1 credit"),
        (7, "A picture by Sketch costs 7 credits"),
    ],
    indirect=["settings"],
)
async def test_the_price_of_a_picture_is_the_catalogs(visitor: httpx.AsyncClient, said: str) -> None:
    assert said in (await visitor.get("/")).text
