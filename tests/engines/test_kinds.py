"""Kinds of engine: configured by the catalog, with their keys elsewhere, and places of their own in a worker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from atelier.catalog import BadCatalog, Catalog
from atelier.catalog.catalog import read
from atelier.engines import Engines, Made, Unfit, Work
from atelier.engines import kind as engine_kinds
from atelier.engines.kind import EngineEntry, EngineKind, Machine, Occupies, gpus, kinds
from atelier.web.icons import ICONS

MODEL = '[[model]]\nid = "one"\nname = "One"\ntool = "image.generate"\nengine = "far"\nlicence = "MIT"\nprice = {}\n'
ENGINE = '[[engine]]\nid = "far"\nkind = "remote"\nurl = "https://example.org"\nkey = "env:FAR_KEY"\n'


class Remote:
    """Waits for a machine elsewhere."""

    def __init__(self, entry: EngineEntry) -> None:
        self.entry = entry
        self.key = entry.secret
        self.closed = False

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        return
        yield

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FAR_KEY", "s3cret")
    kind = EngineKind(
        id="remote",
        open=lambda entry, machine: Remote(entry),
        occupies=Occupies.NOTHING,
        label="A test",
        needs_url=True,
        needs_key=True,
    )
    engine_kinds.offer(kind)
    yield
    engine_kinds.withdraw("remote")


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(BadCatalog) as error:
        read(path, ("sketch",))
    return str(error.value)


def test_each_kind_of_the_release_comes_from_a_file_of_its_own() -> None:
    folder = Path(engine_kinds.__file__).parent / "kinds"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(kinds()) - {"remote"}


def test_an_engine_of_the_catalog_gets_its_address_and_key(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(ENGINE + MODEL)
    engines = Engines(Machine())
    catalog = Catalog(tmp_path / "catalog.toml", engines=engines.ids, lack=engines.lack, configure=engines.configure)
    engine = engines.get("far")
    assert isinstance(engine, Remote)
    assert (engine.entry.url, engine.key) == ("https://example.org", "s3cret")
    assert "s3cret" not in repr(catalog.current)


async def test_a_changed_entry_opens_the_engine_anew_and_closes_the_old_one_in_the_end(tmp_path: Path) -> None:
    engines = Engines(Machine())
    engines.configure([EngineEntry(id="far", kind="remote", url="https://one.example", key="env:FAR_KEY")])
    first = engines.get("far")
    engines.configure([EngineEntry(id="far", kind="remote", url="https://two.example", key="env:FAR_KEY")])
    second = engines.get("far")
    assert isinstance(first, Remote)
    assert isinstance(second, Remote)
    assert (second.entry.url, first.closed) == ("https://two.example", False)
    await engines.close()
    assert first.closed
    assert second.closed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"remote"', '"magic"'), "line 3: kind: no kind of engine is called 'magic'"),
        (('url = "https://example.org"\n', ""), "line 1: url: an engine of the kind remote needs an address"),
        (('"https://example.org"', '"ftp://example.org"'), "line 4: url: "),
        (('key = "env:FAR_KEY"\n', ""), "line 1: key: an engine of the kind remote needs a key"),
        (("env:FAR_KEY", "sk-1234"), "line 5: key: say where the key lies"),
        (("env:FAR_KEY", "env:NO_KEY"), "line 5: key: the environment has no NO_KEY"),
        (("env:FAR_KEY", "file:/nowhere/key"), "line 5: key: the key file /nowhere/key cannot be read"),
        (('id = "far"', 'id = "sketch"'), "line 2: an engine is called 'sketch' already"),
        (("[[engine]]", "[[engine]]\ncolour = 1"), "line 2: colour: "),
    ],
)
def test_a_wrong_engine_names_its_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert said in refused(tmp_path, ENGINE.replace(*change) + MODEL)


def test_a_key_never_stands_in_what_is_said_of_it(tmp_path: Path) -> None:
    assert "sk-1234" not in refused(tmp_path, ENGINE.replace("env:FAR_KEY", "sk-1234") + MODEL)


def test_a_key_that_goes_away_later_is_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    entry = EngineEntry(id="far", kind="remote", url="https://example.org", key=f"file:{tmp_path}/key")
    assert entry.secret == "s3cret"
    (tmp_path / "key").unlink()
    engines = Engines(Machine())
    engines.configure([entry])
    with pytest.raises(Unfit, match="cannot be read"):
        engines.get("far")


def test_an_engine_that_waits_elsewhere_takes_no_place_of_one_that_computes_here() -> None:
    engines = Engines(Machine())
    engines.configure(
        [
            EngineEntry(id="far", kind="remote", url="https://one.example", key="env:FAR_KEY"),
            EngineEntry(id="near", kind="remote", url="https://two.example", key="env:FAR_KEY", concurrency=5),
            EngineEntry(id="second", kind="diffusers"),
        ]
    )
    lanes = engines.lanes(engines.ids, 3)
    assert lanes == [
        (("retouch", "sketch"), 3),
        (("diffusers", "second"), max(1, gpus())),
        (("far",), 32),
        (("near",), 5),
    ]


def test_several_cards_are_places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert Engines(Machine()).lanes(("diffusers",), 2) == [(("diffusers",), 2)]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert Engines(Machine()).lanes(("diffusers",), 2) == [(("diffusers",), 1)]


def test_every_kind_has_a_drawing_that_pages_can_show() -> None:
    assert {kind.icon for kind in kinds().values()} <= ICONS.keys()
