"""The operator has weights fetched by a worker: progress, a stop, going on, failures; licences."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.roles import Person
from tests.spine.conftest import working

from atelier.base.db import Acting
from atelier.catalog import fetches
from atelier.catalog.catalog import Catalog, read
from atelier.catalog.fetches import State, WeightFetch
from atelier.catalog.model import BadCatalog, forbids_selling
from atelier.engines import Engines
from atelier.engines.kind import Machine
from atelier.engines.weights import fetch as fetching
from atelier.spine import Studio

CONTENT = bytes(range(256)) * 4000


def manifest(studio: Studio, source: Path, name: str = "small", licence: str = "Apache-2.0") -> Path:
    """Make weights known of one file that lies in a folder."""
    folder = studio.home / "manifests"
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(CONTENT).hexdigest()
    (folder / f"{name}.toml").write_text(
        f'name = "{name}"\nlicence = "{licence}"\nsummary = "Tests it."\n[[file]]\npath = "model.safetensors"\n'
        f'sha256 = "{digest}"\nbytes = {len(CONTENT)}\nsources = ["folder:{source}"]\n'
    )
    return studio.home / "weights" / name


async def fetch_of(studio: Studio, name: str, *states: State) -> WeightFetch:
    async with asyncio.timeout(60):
        while True:
            async with studio.worker_db.transaction(Acting.for_studio()) as db:
                newest = select(WeightFetch).where(WeightFetch.name == name).order_by(WeightFetch.id.desc()).limit(1)
                found = await db.scalar(newest)
            if found is not None and found.state in states:
                return found
            await asyncio.sleep(0.05)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "somewhere.bin"
    path.write_bytes(CONTENT)
    return path


async def test_weights_are_fetched_by_a_worker_and_the_page_says_so(
    operator: Person, studio: Studio, source: Path
) -> None:
    folder = manifest(studio, source)
    page = (await operator.client.get("/console/weights")).text
    assert "small" in page
    assert "1.0 MB" in page
    assert "Apache-2.0" in page
    assert "/console/weights/small/fetch" in page
    answer = await operator.client.post("/console/weights/small/fetch")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/weights")
    assert "waits for a worker" in (await operator.client.get("/console/weights")).text
    await operator.client.post("/console/weights/small/fetch")  # twice is once
    async with working(studio):
        found = await fetch_of(studio, "small", State.HERE, State.FAILED)
    assert (found.state, found.message, found.done) == (State.HERE, None, len(CONTENT))
    assert (folder / "model.safetensors").read_bytes() == CONTENT
    page = (await operator.client.get("/console/weights")).text
    assert 'weights = "weights/small"' in page.replace("&#34;", '"')
    assert "/console/weights/small/fetch" not in page
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        assert len((await db.scalars(select(WeightFetch))).all()) == 1


async def test_what_no_source_has_is_said_with_the_reason(operator: Person, studio: Studio, tmp_path: Path) -> None:
    manifest(studio, tmp_path / "nowhere")
    await operator.client.post("/console/weights/small/fetch")
    async with working(studio):
        found = await fetch_of(studio, "small", State.HERE, State.FAILED)
    assert found.state == State.FAILED
    page = (await operator.client.get("/console/weights")).text
    assert "could not be fetched" in page
    assert "No such file" in page
    assert "/console/weights/small/fetch" in page  # once more


async def test_a_fetch_that_runs_is_stopped_and_its_worker_goes_on(
    operator: Person, studio: Studio, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()
    whole = fetching.fetch

    async def slow(*given: object) -> None:
        tell = given[3]
        tell(fetching.Fetching(7, len(CONTENT), "model.safetensors"))  # type: ignore[operator]
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(fetches, "fetch", slow)
    monkeypatch.setattr(fetches, "EVERY", 0.05)
    manifest(studio, source)
    await operator.client.post("/console/weights/small/fetch")
    async with working(studio):
        await asyncio.wait_for(began.wait(), 60)
        async with asyncio.timeout(60):
            while (await fetch_of(studio, "small", State.RUNNING)).done != 7:
                await asyncio.sleep(0.05)
        page = (await operator.client.get("/console/weights")).text
        assert 'value="7"' in page
        answer = await operator.client.post("/console/weights/small/cancellation")
        assert answer.status_code == 303
        await asyncio.wait_for(ended.wait(), 60)
        assert (await fetch_of(studio, "small", State.CANCELED)).done == 7
        assert (await operator.client.post("/console/weights/small/cancellation")).status_code == 409
        monkeypatch.setattr(fetches, "fetch", whole)
        await operator.client.post("/console/weights/small/fetch")
        assert (await fetch_of(studio, "small", State.HERE, State.FAILED)).state == State.HERE


async def test_a_worker_that_is_stopped_leaves_the_fetch_to_the_next(
    operator: Person, studio: Studio, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.Event()
    whole = fetching.fetch

    async def slow(*_: object) -> None:
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(fetches, "fetch", slow)
    manifest(studio, source)
    await operator.client.post("/console/weights/small/fetch")
    async with working(studio, grace=0.1):
        await asyncio.wait_for(began.wait(), 60)
    monkeypatch.setattr(fetches, "fetch", whole)
    async with working(studio):
        assert (await fetch_of(studio, "small", State.HERE, State.FAILED)).state == State.HERE


async def test_only_an_operator_sees_or_starts_a_fetch(maker: Person, studio: Studio, source: Path) -> None:
    manifest(studio, source)
    assert (await maker.client.get("/console/weights")).status_code in (403, 404)
    assert (await maker.client.post("/console/weights/small/fetch")).status_code in (403, 404)


async def test_a_manifest_with_a_fault_is_named_on_the_page(operator: Person, studio: Studio) -> None:
    (studio.home / "manifests").mkdir()
    (studio.home / "manifests" / "bad.toml").write_text("name = 3")
    assert "bad.toml" in (await operator.client.get("/console/weights")).text


MODEL = """[[model]]
id = "mine"
name = "Mine"
tool = "image.generate"
engine = "sketch"
licence = "Apache-2.0"
weights = "weights/small"
price = {price}
"""


def test_weights_whose_own_licence_forbids_selling_have_no_price_whatever_the_catalog_says(tmp_path: Path) -> None:
    engines = Engines(Machine(roots=(tmp_path,)))
    path = tmp_path / "catalog.toml"
    path.write_text(MODEL.format(price="{ pictures = 1 }"))
    catalog = Catalog(path, engines=engines.ids, licence=engines.licence)
    assert catalog.current.lacks == {}
    (tmp_path / "weights" / "small").mkdir(parents=True)
    (tmp_path / "weights" / "small" / "LICENCE").write_text("FLUX.1 [dev] Non-Commercial License\n")
    catalog.look()  # they come while the model is on offer
    assert "forbids selling" in catalog.current.lacks["mine"]
    assert catalog.current.ready("image.generate") == []
    with pytest.raises(
        BadCatalog, match=r"line 8: price: its weights came under the licence FLUX\.1 .* forbids selling"
    ):
        read(path, engines.ids, engines.licence)
    path.write_text(MODEL.format(price="{}"))
    catalog.look()
    assert (catalog.fault, catalog.current.lacks) == (None, {})


@pytest.mark.parametrize(
    ("licence", "forbids"),
    [
        ("CC-BY-NC-4.0", True),
        ("FLUX.1-dev Non-Commercial License", True),
        ("flux-1-dev-non-commercial-license", True),
        ("Stability AI NonCommercial Research", True),
        ("Apache-2.0", False),
        ("CC-BY-4.0", False),
        ("OpenRAIL-M", False),
    ],
)
def test_licences_that_forbid_selling_are_known_by_their_names(licence: str, forbids: bool) -> None:
    assert forbids_selling(licence) is forbids
