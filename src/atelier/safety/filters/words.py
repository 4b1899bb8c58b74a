"""Words that the operator does not allow in prompts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from atelier.safety.filter import Action, Rule

LONGEST = 20_000  # characters of the whole list


class Words:
    """A list, one word or phrase a line. Case, accents, and what stands between the words of a phrase do not matter."""

    id = "words"
    title = "Words in prompts"
    actions: tuple[Action, ...] = (Action.OFF, Action.REFUSE)

    def found(self, rule: Rule, text: str) -> str | None:
        pattern = _pattern(rule.words)
        match = pattern.search(_folded(text)) if pattern else None
        return match[0] if match else None


@lru_cache(maxsize=8)
def _pattern(words: str) -> re.Pattern[str] | None:
    """The list as one expression: whole words, except in scripts that put no spaces between words."""
    lines = [re.findall(r"\w+", _folded(line)) for line in words.splitlines()]
    phrases = [r"[\W_]+".join(map(re.escape, parts)) for parts in lines if parts]
    if not phrases:
        return None
    bounded = [phrase if _spaceless(phrase) else rf"(?<!\w){phrase}(?!\w)" for phrase in phrases]
    return re.compile("|".join(bounded))


def _folded(text: str) -> str:
    """`text` without case, accents, and characters that cannot be seen."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in apart if unicodedata.category(sign) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", kept)


def _spaceless(phrase: str) -> bool:
    """Whether it is written in Chinese, Japanese, Thai, Lao or Khmer."""
    return any(
        "\u0e00" <= sign <= "\u0eff" or "\u1780" <= sign <= "\u17ff" or "\u3040" <= sign <= "\u9fff" for sign in phrase
    )


FILTER = Words()
