"""The catalog: faults with their lines, applied without a restart, never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from atelier.catalog import BadCatalog, Catalog, ModelNotReady, UnknownModel
from atelier.catalog.catalog import DEFAULT, read
from atelier.engines import Engines
from atelier.studio import quote

GOOD = """# ours
[[model]]
id = "one"
name = "One"
tool = "image.generate"
engine = "sketch"
licence = "MIT"
price = { pictures = 2 }
"""


def faults(tmp_path: Path, text: str) -> str:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(BadCatalog) as found:
        read(path, ("sketch",))
    return str(found.value)


def test_the_releases_own_catalog_is_good() -> None:
    models = read(DEFAULT, Engines().ids).models
    assert all(model.cost({"pictures": 4}) == 4 for model in models)


def test_on_a_fresh_studio_the_house_model_is_first_where_it_can_work_and_sketch_elsewhere() -> None:
    whole = Catalog(DEFAULT, engines=Engines().ids).current
    assert (whole.default("image.generate").id, whole.default("image.edit").id) == ("house", "house-edit")
    bare = Catalog(DEFAULT, engines=Engines().ids, lack=Engines(local=False).lack).current
    assert bare.default("image.generate").id == "sketch"
    assert [model.id for model in bare.ready("image.generate")] == ["sketch"]
    assert bare.lacks.keys() == {"house", "house-edit"}
    with pytest.raises(UnknownModel):
        bare.default("image.edit")
    assert whole.default("image.generate", off={"house"}).id == "sketch"


def test_what_a_model_lacks_is_looked_at_again_and_nothing_is_paid_for_it(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD)
    time, lack = [0.0], ["vae is damaged"]
    catalog = Catalog(path, engines=("sketch",), lack=lambda *_: lack[0] or None, clock=lambda: time[0])
    assert catalog.current.lacks == {"one": "vae is damaged"}
    with pytest.raises(ModelNotReady, match="One is not ready"):
        quote(catalog, "image.generate", "one", {"prompt": "x"})
    with pytest.raises(UnknownModel):
        quote(catalog, "image.generate", None, {"prompt": "x"})
    lack[0] = ""
    time[0] += 2
    assert catalog.current.lacks == {}
    assert quote(catalog, "image.generate", None, {"prompt": "x"}).model.id == "one"


def test_a_models_own_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD + "defaults = { steps = 20, guidance = 1 }\n")
    catalog = Catalog(path, engines=("sketch",))
    wish = quote(catalog, "image.generate", None, {"prompt": "x", "guidance": 2}).wish
    assert (wish.steps, wish.guidance, wish.aspect_ratio) == (20, 2, "3:4")


@pytest.mark.parametrize("defaults", ["{ steps = 0 }", "{ magic = 1 }", '{ aspect_ratio = "2:1" }', "3"])
def test_defaults_must_fit_the_tool(tmp_path: Path, defaults: str) -> None:
    assert "defaults" in faults(tmp_path, GOOD + f"defaults = {defaults}\n")


def test_each_fault_names_its_line(tmp_path: Path) -> None:
    second = GOOD.replace("# ours", "").replace('"sketch"', '"magic"').replace('"image.generate"', '"image.dream"')
    said = faults(tmp_path, GOOD.replace('licence = "MIT"', 'licence = "MIT"\ncolour = "red"') + second)
    assert "line 8: colour: extra inputs are not permitted" in said
    assert "line 14: tool: " in said


def test_an_unknown_engine_and_a_double_id_name_their_lines(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD + GOOD.replace('"sketch"', '"magic"'))
    assert "line 14: no engine is called 'magic'" in said
    assert "line 11: the id 'one' is used twice" in said


def test_broken_syntax_names_its_line(tmp_path: Path) -> None:
    assert "line 3" in faults(tmp_path, "[[model]]\nid = 'x'\nname = = 3\n")


def test_an_empty_catalog_and_a_stray_setting_are_faults(tmp_path: Path) -> None:
    assert "no [[model]]" in faults(tmp_path, "")
    assert "line 1: there is no setting 'colour'" in faults(tmp_path, "colour = 3\n")


@pytest.mark.parametrize("price", ["{ pictures = -1 }", "{ pictures = 1.5 }", "3"])
def test_a_price_is_whole_credits(tmp_path: Path, price: str) -> None:
    assert "line 8: price" in faults(tmp_path, GOOD.replace("{ pictures = 2 }", price))


def test_a_non_commercial_model_is_never_sold(tmp_path: Path) -> None:
    unsold = GOOD.replace('"MIT"', '"flux-1-dev-non-commercial-license"')
    assert "forbids to sell it" in faults(tmp_path, unsold)
    path = tmp_path / "free.toml"
    path.write_text(unsold.replace("pictures = 2", "pictures = 0"))
    assert read(path, ("sketch",)).models[0].cost({"pictures": 4}) == 0


def test_an_edit_is_applied_and_a_fault_leaves_the_last_good_one(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD)
    time = [0.0]
    catalog = Catalog(path, engines=("sketch",), clock=lambda: time[0])
    assert catalog.current.find("one").price == {"pictures": 2}
    path.write_text(GOOD.replace("pictures = 2", "pictures = 12"))
    time[0] += 2
    assert catalog.current.find("one").price == {"pictures": 12}
    path.write_text("nonsense")
    time[0] += 2
    assert catalog.current.find("one").price == {"pictures": 12}
    assert catalog.fault
    path.write_text(GOOD)
    time[0] += 2
    assert catalog.current.find("one").price == {"pictures": 2}
    assert catalog.fault is None
    path.unlink()
    time[0] += 2
    assert catalog.current.find("one")
    assert catalog.fault


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD)
    snapshot = read(path, ("sketch",))
    with pytest.raises(UnknownModel, match="dall-e"):
        snapshot.find("dall-e")
    with pytest.raises(UnknownModel):
        snapshot.default("video.generate")
