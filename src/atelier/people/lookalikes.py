"""Words that mix scripts so that they look like others: `Аtelier` with a Cyrillic first letter."""

from __future__ import annotations

import re
import unicodedata

from atelier.base.text import is_part_of_letter

# scripts that are written together (Unicode Technical Standard 39, section 5.2, "highly restrictive")
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


def mixes_scripts(text: str) -> bool:
    """Whether one word of `text` has letters of scripts that nobody writes together."""
    letters = "".join(sign for sign in text if not is_part_of_letter(sign))  # a mark does not end a word
    return any(_mixed(word) for word in re.split(r"[^\w]+", letters) if not word.isascii())


def _mixed(word: str) -> bool:
    scripts = {unicodedata.name(sign, "?").split()[0].split("-")[0] for sign in word if sign.isalpha()}
    scripts -= {"FEMININE", "MASCULINE", "MODIFIER", "MICRO"}  # signs of no script of their own
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
