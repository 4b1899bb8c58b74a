"""Letters with their marks and joiners stay whole: in titles, in names of files, and where a text is cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atelier.base.text import ascii_words, cut, file_words, first_letter, is_one_line, is_part_of_letter, one_line

WORDS = [
    "सूर्यास्त",  # Hindi: vowel signs and a virama
    "क्\u200dष",  # Hindi with a joiner
    "می\u200cخواهم",  # Persian
    "ශ්\u200dරී",  # Sinhala
    "র\u200d্যাব",  # Bengali: the joiner before the virama
    "അവന്\u200d",  # Malayalam: a joiner ends the word
    "ภูเขาน้ำ",  # Thai
    "မြန်မာ",  # Burmese
    "ខ្មែរ",  # Khmer
    "தமிழ்",  # Tamil
    "བོད་ཡིག".replace("་", "-"),  # Tibetan
    "שָׁלוֹם",  # Hebrew with points
    "مُحَمَّد",  # Arabic with vowels
    "việt",
    "e\u0301te\u0301",  # French, decomposed as a Mac gives names
    "r̥ṣi",  # a letter and mark that no single character stands for
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_stays_whole_in_titles_and_file_names(word: str) -> None:
    composed = unicodedata.normalize("NFC", word)
    assert one_line(f" {word}\n {word} ", 200) == f"{composed} {composed}"
    assert file_words(f"{word}, {word}!", 60) == f"{composed}-{composed}"
    assert is_one_line(word)


@pytest.mark.parametrize(
    "emoji", ["👩\u200d🚀", "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "🏴\U000e0067\U000e0062\U000e007f"]
)
def test_an_emoji_stays_whole_in_a_title_and_leaves_no_trace_in_a_file_name(emoji: str) -> None:
    assert one_line(f"a {emoji} b", 200) == f"a {emoji} b"
    assert file_words(f"a {emoji} b", 60) == "a-b"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\u200db", "ab"),  # nothing to join: it would only hide
        ("\u200d a", "a"),
        ("a\x00b\u202ec\u2028d", "a b c d"),
        ("عدد \u0600\u0661", "عدد \u0600\u0661"),
    ],
)
def test_what_cannot_be_seen_is_left_out(written: str, kept: str) -> None:
    assert one_line(written, 200) == kept
    assert is_one_line(kept)


def test_a_cut_goes_between_letters() -> None:
    assert cut("किताब", 1) == "क"  # a letter longer than the space there is cut all the same
    assert cut("किताब", 3) == "कि"
    assert cut("ab👩\u200d🚀", 4) == "ab"
    assert cut("a red", 2) == "a"
    assert cut("a" + "\u0301" * 100, 50) == "a" + "\u0301" * 49


def test_programs_that_know_ascii_alone_get_letters_without_accents() -> None:
    assert ascii_words("café-šžč") == "cafe-szc"
    assert ascii_words("सूर्य") == ""


def test_a_badge_shows_a_whole_letter() -> None:
    assert first_letter("किरण") == "कि"
    assert first_letter("Mara") == "M"


@given(st.text(max_size=80), st.integers(1, 40))
def test_whatever_is_written_the_results_are_in_bounds_and_stable(text: str, longest: int) -> None:
    title, name = one_line(text, longest), file_words(text, longest)
    assert len(title) <= longest
    assert one_line(title, longest) == title
    assert len(name) <= longest
    assert not set(name) & set('/\\"\r\n\0 ')
    assert not name or not is_part_of_letter(name[0])
