"""Filters by themselves: words as people write them, and the real network on a real picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.assets.conftest import picture

from atelier.base.ids import new_id
from atelier.base.outgoing import Outgoing
from atelier.engines.weights.fetch import fetch
from atelier.engines.weights.manifest import known
from atelier.safety.filter import Action, Place, Rule, filters
from atelier.safety.filters.unsafe_pictures import FILTER, NAME
from atelier.safety.filters.words import FILTER as WORDS
from atelier.safety.rules import BadRule, rule_of

LIST = "forbidden\nred  boat\nnaïve\n夕焼け\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a forbidden thing", "forbidden"),
        ("FORBIDDEN!", "forbidden"),
        ("for\u200bbidden fruit", "forbidden"),
        ("a Red-boat at sea", "red-boat"),
        ("a naive painter", "naive"),
        ("赤い夕焼けの海", "夕焼け"),
        ("unforbiddenly", None),
        ("a red, small boat", None),
        ("", None),
    ],
)
def test_a_word_is_found_however_it_is_written_and_not_inside_another(text: str, found: str | None) -> None:
    assert WORDS.found(Rule(Action.REFUSE, words=LIST), text) == found


def test_an_empty_list_finds_nothing() -> None:
    assert WORDS.found(Rule(Action.REFUSE, words=" \n\n—\n"), "anything at all") is None


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"action": "burn"}, "action"),
        ({"action": "refuse", "threshold": "much"}, "threshold"),
        ({"action": "refuse", "threshold": "0"}, "threshold"),
        ({"action": "refuse", "threshold": "nan"}, "threshold"),
        ({"action": "refuse", "words": "x" * 20_001}, "words"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(written: dict[str, str], field: str) -> None:
    with pytest.raises(BadRule) as refused:
        rule_of(FILTER, written)
    assert refused.value.field == field


def test_words_cannot_be_covered() -> None:
    with pytest.raises(BadRule):
        rule_of(WORDS, {"action": "blur"})


def test_filters_are_found_in_their_folder() -> None:
    assert list(filters()) == ["unsafe-pictures", "words"]


def test_without_weights_the_filter_says_what_brings_them(tmp_path: Path) -> None:
    assert "atelier models fetch unsafe-pictures" in (FILTER.lack(Place(tmp_path)) or "")


async def test_the_real_network_finds_a_landscape_safe(tmp_path: Path) -> None:
    try:
        await fetch(known([])[NAME], tmp_path / NAME, Outgoing(), lambda at: None)
    except Exception as error:
        pytest.skip(f"the weights cannot be fetched here: {error}")
    assert FILTER.lack(Place(tmp_path)) is None
    file = tmp_path / "picture"
    file.write_bytes(picture(size=(600, 400), colour="#3a6ea5"))
    scores = [await FILTER.score(Place(tmp_path), new_id(), file) for _ in range(2)]
    assert scores[0] == scores[1]
    assert 0 <= scores[0] < 0.2
