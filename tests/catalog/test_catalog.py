"""The catalog: faults with their lines, applied without a restart, never half."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from atelier.catalog import BadCatalog, Catalog, ModelNotReady, UnknownModel
from atelier.catalog.catalog import DEFAULT, read
from atelier.engines import Engines
from atelier.engines.kind import Machine
from atelier.spine import quote

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
    held = {model.id: model.terms({"pictures": 4, "steps": 170}).held for model in models}
    assert held.pop("retouch") == 0  # classical tools are free of charge
    assert held.pop("house-likeness") == 2
    assert set(held.values()) == {4}


def test_on_a_fresh_studio_the_house_model_is_first_where_it_can_work_and_sketch_elsewhere() -> None:
    whole = Catalog(DEFAULT, engines=Engines().ids).current
    assert (whole.default("image.generate").id, whole.default("image.edit").id) == ("house", "house-edit")
    bare = Catalog(DEFAULT, engines=Engines().ids, lack=Engines(Machine(local=False)).lack).current
    assert bare.default("image.generate").id == "sketch"
    assert [model.id for model in bare.ready("image.generate")] == ["sketch"]
    assert bare.lacks.keys() == {"house", "house-edit", "house-likeness"}
    with pytest.raises(UnknownModel):
        bare.default("image.edit")
    assert whole.default("image.generate", off={"house"}).id == "sketch"


def test_what_a_model_lacks_is_looked_at_again_and_nothing_is_paid_for_it(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD)
    lack = ["vae is damaged"]
    catalog = Catalog(path, engines=("sketch",), lack=lambda *_: lack[0] or None)
    assert catalog.current.lacks == {"one": "vae is damaged"}
    with pytest.raises(ModelNotReady, match="One is not ready"):
        quote(catalog, "image.generate", "one", {"prompt": "x"})
    with pytest.raises(UnknownModel):
        quote(catalog, "image.generate", None, {"prompt": "x"})
    lack[0] = ""
    catalog.look()
    assert catalog.current.lacks == {}
    assert quote(catalog, "image.generate", None, {"prompt": "x"}).model_id == "one"


def test_a_models_own_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD + "defaults = { steps = 20, guidance = 1 }\n")
    catalog = Catalog(path, engines=("sketch",))
    wish = quote(catalog, "image.generate", None, {"prompt": "x", "guidance": 2}).input
    assert (wish.steps, wish.guidance, wish.aspect_ratio) == (20, 2, "3:4")


@pytest.mark.parametrize("family", ["", 'family = "nonsense"'])
def test_a_model_of_no_known_family_is_named_with_its_line(tmp_path: Path, family: str) -> None:
    entry = GOOD.replace('engine = "sketch"', 'engine = "diffusers"') + family + "\n"
    said = faults(tmp_path, entry)
    assert "family" in said
    assert "flux-kontext" in said
    (tmp_path / "good.toml").write_text(entry.replace("nonsense", "flux") if family else entry + 'family = "flux"\n')
    Catalog(tmp_path / "good.toml", engines=("sketch", "diffusers"))


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


@pytest.mark.parametrize(
    "price",
    [
        *(
            "{ pictures = -1 }",
            "{ pictures = 0 }",
            "{ pictures = '1/0' }",
            "{ pictures = '1/3' }",
            "{ pictures = 'x' }",
        ),
        *("{ pictures = true }", "{ pictures = nan }", "{ pictures = 2000000 }", "{ picture = 1 }", "3"),
    ],
)
def test_a_rate_is_an_exact_number_of_credits_for_a_unit_that_is_counted(tmp_path: Path, price: str) -> None:
    assert "line 8: price" in faults(tmp_path, GOOD.replace("{ pictures = 2 }", price))


def test_a_non_commercial_model_is_never_sold(tmp_path: Path) -> None:
    unsold = GOOD.replace('"MIT"', '"flux-1-dev-non-commercial-license"')
    assert "forbids selling it" in faults(tmp_path, unsold)
    path = tmp_path / "free.toml"
    path.write_text(unsold.replace("{ pictures = 2 }", "{}"))
    assert read(path, ("sketch",)).models[0].terms({"pictures": 4}).held == 0


def test_an_edit_is_applied_and_a_fault_leaves_the_last_good_one(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD)
    catalog = Catalog(path, engines=("sketch",))
    assert catalog.current.find("one").price == {"pictures": 2}
    path.write_text(GOOD.replace("pictures = 2", "pictures = 12"))
    catalog.look()
    assert catalog.current.find("one").price == {"pictures": 12}
    path.write_text("nonsense")
    catalog.look()
    assert catalog.current.find("one").price == {"pictures": 12}
    assert catalog.fault
    path.write_text(GOOD)
    catalog.look()
    assert catalog.current.find("one").price == {"pictures": 2}
    assert catalog.fault is None
    path.unlink()
    catalog.look()
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


def test_what_is_on_offer_is_read_without_touching_a_file(tmp_path: Path) -> None:
    path, asked = tmp_path / "catalog.toml", []
    path.write_text(GOOD)
    catalog = Catalog(path, engines=("sketch",), lack=lambda *model: asked.append(model))
    at_start = len(asked)
    path.unlink()
    for _ in range(3):
        assert catalog.current.find("one")
    assert len(asked) == at_start
    assert catalog.fault is None


async def test_the_watch_looks_in_a_thread_and_survives_what_it_meets(tmp_path: Path) -> None:
    path, threads = tmp_path / "catalog.toml", set()
    path.write_text(GOOD)

    def lack(_engine: str, _weights: str) -> str | None:
        threads.add(threading.get_ident())
        if len(threads) == 2:
            threads.add(0)
            raise RuntimeError("a disk that answers nonsense")
        return None

    catalog = Catalog(path, engines=("sketch",), lack=lack)
    threads.clear()
    threads.add(threading.get_ident())
    async with catalog.watched(every=0.01), asyncio.timeout(10):
        while len(threads) < 3:
            await asyncio.sleep(0.01)
        path.write_text(GOOD.replace("pictures = 2", "pictures = 12"))
        while catalog.current.find("one").price != {"pictures": 12}:
            await asyncio.sleep(0.01)
        path.write_bytes(b"\xff\xfe")
        while not catalog.fault:
            await asyncio.sleep(0.01)
        assert "not text in UTF-8" in catalog.fault
