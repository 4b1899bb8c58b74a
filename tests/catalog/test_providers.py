"""The operator adds a provider, tests it, and puts its models on offer; what is wrong is said at its field."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.remote import There, provider
from tests.roles import Person
from tests.spine.conftest import until, working

from atelier.base.db import Acting
from atelier.catalog import writing
from atelier.catalog.catalog import DEFAULT
from atelier.catalog.writing import DoesNotFit, entry, remove
from atelier.demo.faults import Fault
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin


@pytest.fixture
async def there() -> AsyncIterator[There]:
    async with provider() as found:
        yield found


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    (settings.home / "catalog.toml").write_text(DEFAULT.read_text())
    return settings.model_copy(update={"url": getattr(request, "param", settings.url)})


def form(there: There, **more: str) -> dict[str, str]:
    return {"kind": "replicate", "id": "there", "url": f"{there.url}/v1", "key": there.behind.key} | more


def catalog_of(studio: Studio) -> dict[str, Any]:
    return tomllib.loads(studio.catalog.path.read_text())


def model(**more: str) -> dict[str, str]:
    usual = {"provider_model": "demo/poster", "tool": "image.generate", "name": "Poster", "licence": "CC0-1.0"}
    return usual | {"price": "2", "cost": "0.003"} | more


async def test_a_provider_that_answers_is_written_into_the_catalog(
    operator: Person, there: There, studio: Studio
) -> None:
    before = studio.catalog.path.read_text()
    answer = await operator.client.post("/console/providers", data=form(there))
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/providers/there")
    assert studio.catalog.path.read_text().startswith(before.rstrip())
    (entry,) = catalog_of(studio)["engine"]
    file = Path(entry["key"].removeprefix("file:"))
    assert file.read_text() == there.behind.key
    assert file.stat().st_mode & 0o077 == 0
    assert "webhook_secret" not in entry  # the studio has no https address to call
    assert there.behind.key not in studio.catalog.path.read_text()
    page = await operator.client.get("/console/providers/there")
    assert "The key belongs to Demo at Replicate." in page.text
    assert there.behind.key not in page.text


@pytest.mark.parametrize("settings", ["https://studio.test"], indirect=True)
async def test_where_providers_can_call_their_secret_is_fetched_and_kept(
    operator: Person, there: There, studio: Studio
) -> None:
    operator.client.cookies.set("__Host-atelier", operator.secret)  # as its name is by https
    answer = await operator.client.post("/console/providers", data=form(there))
    assert answer.status_code == 303
    (entry,) = catalog_of(studio)["engine"]
    file = Path(entry["webhook_secret"].removeprefix("file:"))
    assert (file.read_text(), file.stat().st_mode & 0o077) == (there.behind.secret, 0)
    assert there.behind.secret not in studio.catalog.path.read_text()
    assert "GET /v1/webhooks/default/secret" in there.server.asked


@pytest.mark.parametrize("settings", ["https://studio.test"], indirect=True)
@pytest.mark.parametrize("said", [{"key": "odd"}, {}, "<html>"])
async def test_a_provider_that_has_no_such_secret_is_added_without(
    operator: Person, there: There, studio: Studio, said: object
) -> None:
    there.server.fail(Fault("/webhooks", 200 if said else 404, said))
    operator.client.cookies.set("__Host-atelier", operator.secret)  # as its name is by https
    answer = await operator.client.post("/console/providers", data=form(there))
    assert answer.status_code == 303
    assert "webhook_secret" not in catalog_of(studio)["engine"][0]
    assert [each.suffix for each in (studio.catalog.path.parent / "keys").iterdir()] == [".key"]


async def test_its_models_are_offered_with_price_cost_and_licence(
    operator: Person, there: There, studio: Studio
) -> None:
    await operator.client.post("/console/providers", data=form(there))
    page = (await operator.client.get("/console/providers/there")).text
    assert re.findall(r'name="provider_model" value="([^"]+)"', page) == ["demo/poster", "demo/recolour"]
    answer = await operator.client.post("/console/providers/there/models", data=model())
    assert answer.status_code == 303
    offered = studio.catalog.current.find("there-poster")
    assert (offered.engine, offered.provider_model, offered.licence) == ("there", "demo/poster", "CC0-1.0")
    assert (str(offered.price["pictures"]), str(offered.cost["pictures"])) == ("2", "0.003")
    page = (await operator.client.get("/console/providers/there")).text
    assert re.findall(r'name="provider_model" value="([^"]+)"', page) == ["demo/recolour"]
    assert "price 2 credits" in page
    assert "costs you $0.003" in page


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"key": "wrong"}, "key", "does not accept the studio"),
        ({"key": ""}, "key", "needs a key"),
        ({"url": "http://127.0.0.1:9/v1"}, "url", "does not answer"),
        ({"url": "ftp://x"}, "url", "no address"),
        ({"id": "Two Words"}, "id", "small letters"),
        ({"id": "sketch"}, "id", "called sketch already"),
        ({"kind": "sketch"}, "kind", "Choose what kind"),
        ({"kind": "cog", "url": ""}, "url", "Say the address"),
    ],
    ids=["wrong key", "no key", "nobody there", "no address", "name", "taken", "kind", "cog without address"],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    operator: Person, there: There, studio: Studio, wrong: dict[str, str], field: str, sentence: str
) -> None:
    before = studio.catalog.path.read_text()
    answer = await operator.client.post("/console/providers", data=form(there, **wrong))
    assert answer.status_code == 422
    said = re.search(rf'id="{field}-says"><svg.*?</svg><span>(.*?)</span>', answer.text, re.S)
    assert said is not None
    assert sentence in said[1]
    assert studio.catalog.path.read_text() == before
    assert list(studio.home.glob("keys/*")) == []


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"price": "lots"}, "price", "is no rate"),
        ({"cost": "-1"}, "cost", "between 0"),
        ({"name": ""}, "name", "Say what members"),
        ({"licence": ""}, "licence", "which licence"),
        ({"licence": "flux-1-dev-non-commercial"}, "", "forbids selling"),
        ({"tool": "image.dream"}, "", "no tool is called"),
        ({"summary": "x" * 400}, "", "at most 300"),
        ({"name": '"]\n[[model]]\nid = "evil'}, "", ""),
    ],
    ids=["price", "cost", "name", "licence", "sold against its licence", "tool", "summary", "toml"],
)
async def test_a_model_that_cannot_be_offered_says_why(
    operator: Person, there: There, studio: Studio, wrong: dict[str, str], field: str, sentence: str
) -> None:
    await operator.client.post("/console/providers", data=form(there))
    models = len(catalog_of(studio)["model"])
    answer = await operator.client.post("/console/providers/there/models", data=model(**wrong))
    if "evil" in wrong.get("name", ""):  # it is a name like any other
        assert [each["name"] for each in catalog_of(studio)["model"][models:]] == [wrong["name"]]
        return
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not field or re.search(rf'id="{field}-1-says"', answer.text)
    assert len(catalog_of(studio)["model"]) == models


async def test_a_model_that_vanished_at_its_provider_is_marked(operator: Person, there: There, studio: Studio) -> None:
    await operator.client.post("/console/providers", data=form(there))
    await operator.client.post("/console/providers/there/models", data=model())
    text = studio.catalog.path.read_text()
    studio.catalog.path.write_text(text.replace('"demo/poster"', '"demo/gone"'))
    studio.catalog.look()
    page = (await operator.client.get("/console/providers/there")).text
    assert "not in the provider&#39;s list" in page or "not in the provider's list" in page


async def test_a_provider_that_is_away_still_has_its_page(operator: Person, there: There, studio: Studio) -> None:
    await operator.client.post("/console/providers", data=form(there))
    there.behind.key = "changed"
    page = await operator.client.get("/console/providers/there")
    assert page.status_code == 200
    assert "does not accept the studio" in page.text


async def test_an_unknown_provider_is_not_found(operator: Person, there: There) -> None:
    assert (await operator.client.get("/console/providers/nobody")).status_code == 404
    assert (await operator.client.get("/console/providers/sketch")).status_code == 404


async def test_members_see_none_of_it(maker: Person, there: There, studio: Studio) -> None:
    before = studio.catalog.path.read_text()
    assert (await maker.client.get("/console/providers")).status_code in (403, 404)
    assert (await maker.client.post("/console/providers", data=form(there))).status_code in (403, 404)
    assert studio.catalog.path.read_text() == before
    assert there.server.asked == []


async def test_what_its_models_brought_in_and_cost_stands_beside_each_other(
    operator: Person, there: There, studio: Studio
) -> None:
    await operator.client.post("/console/providers", data=form(there))
    await operator.client.post("/console/providers/there/models", data=model())
    assert "$0.006" not in (await operator.client.get("/console/providers/there")).text
    async with studio.web_db.transaction(Acting.member(operator.member_id)) as db:
        wanted = JobRequest("image.generate", {"prompt": "a boat", "count": 2, "steps": 1}, model="there-poster")
        job = await begin(db, studio, operator.member_id, wanted)
    async with working(studio):
        await until(studio, operator.member_id, job, "succeeded")
    page = (await operator.client.get("/console/providers/there")).text
    assert re.findall(r'<td class="num">([^<]*)</td>', page) == ["1", "2", "4 credits", "$0.006"]


async def test_a_provider_is_removed_with_its_models_and_key_and_nothing_else(
    operator: Person, there: There, studio: Studio
) -> None:
    before = studio.catalog.path.read_text()
    await operator.client.post("/console/providers", data=form(there))
    await operator.client.post("/console/providers/there/models", data=model())
    answer = await operator.client.post("/console/providers/there/removal")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/providers")
    assert studio.catalog.path.read_text() == before
    assert list((studio.home / "keys").iterdir()) == []
    assert (await operator.client.get("/console/providers/there")).status_code == 404


async def test_a_provider_whose_runs_wait_is_not_removed(operator: Person, there: There, studio: Studio) -> None:
    await operator.client.post("/console/providers", data=form(there))
    await operator.client.post("/console/providers/there/models", data=model())
    async with studio.web_db.transaction(Acting.member(operator.member_id)) as db:
        await begin(db, studio, operator.member_id, JobRequest("image.generate", {"prompt": "x"}, model="there-poster"))
    before = studio.catalog.path.read_text()
    answer = await operator.client.post("/console/providers/there/removal")
    assert answer.status_code == 409
    assert "1 of its runs wait" in answer.text
    assert studio.catalog.path.read_text() == before


@pytest.mark.parametrize(
    "around",
    ["# about it\n{}\n# about the next\n{}", "{}{}", '{}\n[[model]]\nid = "x"\nname = """\n[[model]]\n"""\n{}'],
    ids=["comments", "close together", "a head inside a text"],
)
def test_only_what_belongs_to_an_engine_is_cut_out(tmp_path: Path, around: str) -> None:
    mine = entry("engine", {"id": "there", "kind": "cog", "url": "http://127.0.0.1:1"})
    rest = DEFAULT.read_text()
    path = tmp_path / "catalog.toml"
    path.write_text(around.format(mine, rest))
    before = path.read_text()
    try:
        remove(path, "there", ("sketch", "diffusers", "retouch"))
    except DoesNotFit:
        assert '[[model]]\n"""' in before
        assert path.read_text() == before
        return
    assert "there" not in [each.get("id") for each in tomllib.loads(path.read_text()).get("engine", [])]
    assert path.read_text().endswith(rest)
    assert "about it" not in path.read_text()
    assert ("about the next" in path.read_text()) == ("about the next" in around)


async def test_two_who_add_one_provider_at_once_leave_one_that_works(
    operator: Person, there: There, studio: Studio
) -> None:
    answers = await asyncio.gather(*(operator.client.post("/console/providers", data=form(there)) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [303, 422, 422, 422]
    (added,) = catalog_of(studio)["engine"]
    assert Path(added["key"].removeprefix("file:")).read_text() == there.behind.key
    assert len(list((studio.home / "keys").iterdir())) == 1


async def test_a_model_is_put_on_offer_once(operator: Person, there: There, studio: Studio) -> None:
    await operator.client.post("/console/providers", data=form(there))
    models = len(catalog_of(studio)["model"])
    answers = await asyncio.gather(
        *(operator.client.post("/console/providers/there/models", data=model()) for _ in range(4))
    )
    assert sorted(each.status_code for each in answers) == [303, 422, 422, 422]
    again = await operator.client.post("/console/providers/there/models", data=model(name="Another"))
    assert again.status_code == 422
    assert "on offer already" in again.text
    assert len(catalog_of(studio)["model"]) == models + 1


async def test_a_key_that_a_killed_process_left_is_in_nobodys_way(
    operator: Person, there: There, studio: Studio
) -> None:
    """It died after the key was kept and before the catalog was written."""
    writing.keep_key(studio.catalog.path, "there", "the key of an attempt that died")
    assert (await operator.client.post("/console/providers", data=form(there))).status_code == 303
    (added,) = catalog_of(studio)["engine"]
    assert Path(added["key"].removeprefix("file:")).read_text() == there.behind.key
