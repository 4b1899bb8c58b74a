"""Reading prompts: what is named, what is bound to what, what is left to chance."""

import pytest

from painter import understood
from painter.wish import Thing
from painter.words import read


def thing(prompt: str, kind: str) -> Thing:
    return next(thing for thing in read(prompt).things if thing.kind == kind)


@pytest.mark.parametrize(
    ("prompt", "kind", "colour"),
    [
        ("a red boat at dusk", "boat", "red"),
        ("a small red sailing boat", "boat", "red"),
        ("ein rotes Boot auf dem Meer", "boat", "red"),
        ("un bateau rouge", "boat", "red"),
        ("una casa azul", "house", "blue"),
        ("a blue house and a white church", "church", "white"),
        ("a blue house and a white church", "house", "blue"),
    ],
)
def test_a_colour_belongs_to_the_noun_beside_it(prompt: str, kind: str, colour: str) -> None:
    assert thing(prompt, kind).colour == colour


def test_a_colour_without_a_noun_tints_the_whole_picture() -> None:
    wish = read("mountains in blue")
    assert wish.grades == ("blue",)
    assert thing("mountains in blue", "mountain").colour is None


def test_counts_sizes_and_places_are_heard() -> None:
    assert thing("three boats", "boat").count == 3
    assert thing("drei Boote", "boat").count == 3
    assert thing("a huge moon", "moon").size > 1.5
    assert thing("a tiny house", "house").size < 0.8
    assert thing("a lighthouse on the left", "lighthouse").place == pytest.approx(0.24)
    assert thing("a house on the right, a boat", "house").place == pytest.approx(0.76)


@pytest.mark.parametrize("prompt", ["giant " * 40 + "cloud", "giant " * 40 + "boat ship", "tiny " * 40 + "cloud"])
def test_sizes_that_pile_up_stay_within_a_picture(prompt: str) -> None:
    (found,) = read(prompt).things
    assert 0.3 <= found.size <= 3


def test_two_words_of_size_still_say_more_than_one() -> None:
    assert thing("a huge boat", "boat").size < thing("a huge great boat", "boat").size
    assert thing("a small boat", "boat").size > thing("a small little boat", "boat").size


@pytest.mark.parametrize("prompt", ["9999999 birds", "99 birds", "hundreds countless fleet of birds"])
def test_nobody_can_ask_for_more_than_can_be_counted(prompt: str) -> None:
    assert (thing(prompt, "birds").count or 0) <= 16


def test_no_more_things_than_a_picture_holds() -> None:
    assert len(read("a boat, a tree, " * 200).things) <= 40


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("mountains", "mountain"),
        ("Leuchtturm", "lighthouse"),
        ("étoiles", "stars"),
        ("Bäume", "tree"),
        ("kitties", "cat"),
    ],
)
def test_inflections_and_other_languages(word: str, kind: str) -> None:
    assert kind in read(word).kinds


def test_longer_phrases_win_over_their_parts() -> None:
    assert read("golden hour").hours == ("golden",)
    assert read("hot air balloon").kinds == {"balloon"}
    assert read("shooting stars").kinds == {"comet"}


def test_without_takes_things_away() -> None:
    assert "stars" not in read("a night without stars").kinds
    assert "boat" in read("the sea, no boats").banned
    assert "boat" not in read("a boat on the sea", "boat").kinds


def test_the_member_is_told_what_was_understood() -> None:
    told = understood("A melancholic lighthouse, zorptastic")
    assert "lighthouse" in told.understood
    assert told.guessed == ("zorptastic",)
