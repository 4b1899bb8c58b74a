"""Numbers and times as people write them, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from atelier.base.clock import now
from atelier.web.formats import ago, credits, initials, size
from atelier.web.language import speaking


def test_credits_are_counted() -> None:
    assert [credits(amount) for amount in (0, 1, 1200)] == ["0 credits", "1 credit", "1,200 credits"]
    with speaking("de"):
        assert [credits(amount) for amount in (1, 1200)] == ["1 Credit", "1.200 Credits"]


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (3, "just now", "gerade eben"),
        (60, "1 min ago", "vor 1 min"),
        (50 * 60, "50 min ago", "vor 50 min"),
        (3 * 3600, "3 h ago", "vor 3 h"),
        (30 * 3600, "yesterday", "gestern"),
    ],
)
def test_time_is_told_as_people_do(seconds: int, english: str, german: str) -> None:
    moment = now() - timedelta(seconds=seconds)
    assert ago(moment) == english
    with speaking("de"):
        assert ago(moment) == german


def test_sizes_are_written_with_their_unit() -> None:
    assert [size(amount) for amount in (812, 1_400_000, 250_000_000)] == ["812 B", "1.4 MB", "250 MB"]
    with speaking("de"):
        assert size(1_400_000) == "1,4 MB"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Mira Ebert", "ME"), ("Mira", "M"), ("mira@example.org", "ME"), ("", "?"), ("Ada B. Cee", "AC")],
)
def test_a_badge_has_up_to_two_letters(name: str, letters: str) -> None:
    assert initials(name) == letters
