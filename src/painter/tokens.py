"""Cutting a prompt into words, and finding what a word or phrase means."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from . import lexicon
from . import lexicon_looks as looks

BREAKS = frozenset(".,;:!?()\n")
_TOKEN = re.compile(r"[^\W_]+|[.,;:!?()\n]")
_ENDINGS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""), ("en", ""), ("n", ""), ("e", ""))
LONGEST = 600


def plain(text: str) -> str:
    """Lower case without accents."""
    spread = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").lower())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@cache
def table() -> dict[str, tuple[str, str]]:
    """Every known word and phrase, with its group and its meaning."""
    known: dict[str, tuple[str, str]] = {}
    groups = (
        ("colour", looks.COLOUR_WORDS),
        ("style", looks.STYLE_WORDS),
        ("grade", looks.GRADE_WORDS),
        ("hour", looks.HOUR_WORDS),
        ("thing", lexicon.THINGS),
    )
    for group, entries in groups:
        for meaning, line in entries.items():
            for word in line.split():
                known[plain(word).replace("_", " ")] = (group, meaning)
    return known


def split(prompt: str) -> list[str]:
    """The words and the breaks of a prompt; scripts without spaces fall into single signs."""
    tokens: list[str] = []
    for token in _TOKEN.findall(prompt[:4000]):
        if "\u3040" <= token[0] <= "\u9fff" and token not in table():
            tokens.extend(token)
        else:
            tokens.append(token)
    return tokens[:LONGEST]


def _roots(word: str) -> list[str]:
    """The word and what it may be an inflection of, likeliest first."""
    roots = [word]
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            roots.append(word[: -len(ending)] + instead)
    return roots


def look(tokens: list[str], start: int) -> tuple[int, str, tuple[str, str]] | None:
    """The longest known phrase that starts here: its length, its root, and its group and meaning."""
    known = table()
    for length in (4, 3, 2, 1):
        part = tokens[start : start + length]
        if len(part) < length or any(token in BREAKS for token in part):
            continue
        for root in _roots(" ".join(part)):
            if root in known:
                return length, root, known[root]
    return None
