"""What every provider's engine keeps to, whatever its protocol and however the provider fails."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from tests.engines.conftest import reference
from tests.engines.remote.conftest import KEY, Remote
from tests.engines.work import contents

from atelier.demo.faults import Fault
from atelier.engines import BadInput, EngineError, Output, Refused, Unavailable, Usage
from atelier.engines.remote.provider import KeyRefused, NoCredit, NotThere

HTML = "<!doctype html><title>502 Bad Gateway</title>"
FACES = [("image.generate", {}), ("image.edit", {"files": {"image": reference()}})]


@pytest.mark.parametrize(("tool", "more"), FACES, ids=["words", "edit"])
async def test_pictures_are_files_of_the_asked_format_in_the_works_folder(
    remote: Remote, tool: str, more: dict[str, Any]
) -> None:
    work = remote.work(tool, count=2, **more)
    outputs = [made for made in await remote.make(work) if isinstance(made, Output)]
    assert sorted(made.position for made in outputs) == [0, 1]
    for made in outputs:
        assert made.path.parent == work.folder
        assert made.content_type == "image/png"
        assert Image.open(io.BytesIO(contents(made))).format == "PNG"


async def test_each_picture_says_its_seed_and_comes_again_with_it(remote: Remote) -> None:
    first = {each.position: each for each in await remote.make(remote.work(count=2)) if isinstance(each, Output)}
    assert [first[position].settings["seed"] for position in (0, 1)] == [7, 8]
    (again,) = [each for each in await remote.make(remote.work(seed=8)) if isinstance(each, Output)]
    assert again.settings["seed"] == 8
    if remote.models["image.generate"] != "gpt-image-1":  # which takes no seed
        assert contents(again) == contents(first[1])
        assert contents(first[0]) != contents(first[1])


async def test_what_it_cost_is_told_once_for_each_picture(remote: Remote) -> None:
    work = remote.work(count=2, costs={"pictures": "0.003"})
    costs = [made.cost["usd_micro"] for made in await remote.make(work) if isinstance(made, Usage)]
    assert costs == [3000, 3000]


async def test_a_provider_that_refuses_the_words_is_not_asked_again(remote: Remote) -> None:
    with pytest.raises(Refused) as refused:
        await remote.make(remote.work(prompt="something flagged"))
    assert not refused.value.retry
    assert len([each for each in remote.server.asked if each.startswith(("POST", "PUT"))]) == 1


async def test_an_unknown_model_says_so(remote: Remote) -> None:
    if not remote.models["image.generate"]:
        pytest.skip("a container has one model, which nobody names")
    with pytest.raises(NotThere, match="does not know"):
        await remote.make(remote.work(model="nobody/nothing"))


async def test_words_that_the_model_has_no_input_for_are_refused_by_name(remote: Remote) -> None:
    with pytest.raises(BadInput, match=r"negative prompt|leave out"):
        await remote.make(remote.work(negative_prompt="clouds"))


async def test_another_tool_is_refused(remote: Remote) -> None:
    with pytest.raises(BadInput, match=r"cannot do video\.generate"):
        await remote.make(remote.work("video.generate", model="x"))


@pytest.mark.parametrize("key", ["wrong", "revoked-yesterday"])
async def test_a_key_that_the_provider_does_not_take_needs_the_operator(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(KEY, key)
    with pytest.raises(KeyRefused, match="operator has to check it") as refused:
        await remote.make(remote.work())
    assert key not in refused.value.message


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("/v1", 402, {"detail": "Insufficient credit"}, times=9), NoCredit),
        (Fault("/v1", 500, HTML, times=99), Unavailable),
        (Fault("/v1", 200, HTML, times=99), Unavailable),
        (Fault("/v1", 429, {"detail": "Request was throttled."}, times=99), Unavailable),
        (Fault("/v1", 301, "", {"location": "http://elsewhere.test/"}, times=9), EngineError),
        (Fault("/v1", 422, {"detail": "prompt is too long"}, times=9), BadInput),
        (Fault("/v1", 400, {"error": {"message": "Invalid value"}}, times=9), BadInput),
    ],
    ids=["no credit", "fault", "html", "limited", "moved", "validation", "bad request"],
)
async def test_every_failure_of_a_provider_is_a_sentence_and_leaves_no_file(
    remote: Remote, fault: Fault, expected: type[EngineError]
) -> None:
    remote.server.fail(Fault(fault.at, fault.status, fault.body, fault.headers, fault.times))
    work = remote.work()
    with pytest.raises(expected) as failed:
        await remote.make(work)
    assert failed.value.message.endswith(".")
    assert "<" not in failed.value.message
    assert list(work.folder.iterdir()) == []
    assert failed.value.retry == (expected is Unavailable)


async def test_a_member_s_words_and_files_go_nowhere_but_to_the_provider(remote: Remote) -> None:
    """A provider that leads on to another server is not followed with what was sent."""
    for method in ("POST", "PUT"):
        remote.server.fail(Fault("/v1", 307, "", {"location": "http://10.0.0.1/steal"}, times=9, method=method))
    with pytest.raises(EngineError):
        await remote.make(remote.work())
    assert not [each for each in remote.server.asked if "steal" in each]


@pytest.mark.parametrize(
    "body",
    [[], "words", 1, None, {}, {"id": 5}, {"id": "../account"}, {"data": 1}, {"data": [1]}, {"data": [{"url": 3}]}],
    ids=str,
)
async def test_json_that_is_no_answer_is_said_to_be(remote: Remote, body: object) -> None:
    remote.server.fail(Fault("/v1", 200, body, times=99))
    work = remote.work()
    with pytest.raises(EngineError) as failed:
        await remote.make(work)
    assert failed.value.message.endswith(".")
    assert list(work.folder.iterdir()) == []
