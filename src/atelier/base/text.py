"""Text as people write it: on one line, cut without breaking a letter, and as the name of a file.

A letter is not always one character. Combining marks (Mn, Mc), such as the vowel signs of Hindi and Thai, belong to the
letter before them. The joiners U+200C and U+200D decide how letters of Persian, Sinhala or Bengali are drawn, and tie
the parts of an emoji together; they are invisible alone, but a word without them is another word.
"""

from __future__ import annotations

import unicodedata

NON_JOINER, JOINER = "\u200c", "\u200d"
JOINERS = frozenset({NON_JOINER, JOINER})
_VIRAMA = 9  # the combining class of the sign that takes a letter's vowel away
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))  # they spell the region of a flag
_FLAG = "\U0001f3f4"
# format characters that are drawn: the signs that stand before or above a number in Arabic, Syriac and Kaithi
_DRAWN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_LONGEST_LETTER = 32  # characters; nobody writes a letter with more marks


def one_line(text: str, longest: int) -> str:
    """`text` composed (NFC) and on one line, without characters that cannot be seen, and at most `longest` long."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(sign if is_readable(composed, at) else _instead(sign) for at, sign in enumerate(composed))
    return cut(unicodedata.normalize("NFC", " ".join(kept.split())), longest)


def is_one_line(text: str) -> bool:
    """Whether everything in `text` can be read on one line."""
    return all(is_readable(text, at) for at in range(len(text)))


def is_readable(text: str, at: int) -> bool:
    """Whether the character at that place is seen, or is part of one that is."""
    sign = text[at]
    if sign in JOINERS:
        return at > 0 and not text[at - 1].isascii() and _can_be_joined(text[at - 1])
    return sign.isprintable() or sign in _DRAWN or (sign in _TAGS and _FLAG in text[max(0, at - 8) : at])


def joins_visibly(text: str, at: int) -> bool:
    """Whether the joiner at that place changes how its neighbours are drawn, so that nobody can hide it in a name.

    As the rules for joiners in domain names say (RFC 5892, appendix A), and between the parts of an emoji; Bengali and
    Kannada write the joiner before the virama too.
    """
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if any(sign and unicodedata.combining(sign) == _VIRAMA for sign in (before, after)):
        return True
    if text[at] == JOINER:
        return _is_drawing(before) and _is_drawing(after)
    return _is_cursive(before) and _is_cursive(after)


def is_mark(sign: str) -> bool:
    """Whether a character is a combining mark of the letter before it."""
    return unicodedata.category(sign) in ("Mn", "Mc", "Me")


def is_part_of_letter(sign: str) -> bool:
    """Whether a character never stands alone: a mark or a joiner."""
    return sign in JOINERS or is_mark(sign)


def cut(text: str, longest: int) -> str:
    """The first `longest` characters, fewer where that would break a letter in two."""
    end = longest
    while 0 < end < len(text) and longest - end < _LONGEST_LETTER and _is_within(text, end):
        end -= 1
    return text[: end if end and longest - end < _LONGEST_LETTER else longest].rstrip(" ")


def file_words(text: str, longest: int) -> str:
    """The words of `text` as they can stand in a file's name: `a-red-boat`; nothing where there are none."""
    found = ""
    for sign in unicodedata.normalize("NFC", text).lower():
        if sign.isalnum() or sign == "_" or (found[-1:] not in ("", "-") and _continues(found[-1], sign)):
            found += sign
        elif found[-1:] not in ("", "-"):
            found += "-"
    return cut(found.strip("-_"), longest).rstrip("-_")


def ascii_words(text: str) -> str:
    """`text` for programs that know ASCII alone: accents fall away, and so does what has no such form."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def first_letter(word: str) -> str:
    """The first character of a word with the marks that belong to it."""
    end = 1
    while end < min(len(word), _LONGEST_LETTER) and is_mark(word[end]):
        end += 1
    return word[:end]


def _instead(sign: str) -> str:
    """What stands where a character was left out: nothing where it had no width."""
    return "" if sign in JOINERS else " "


def _can_be_joined(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM" or _is_drawing(sign)


def _is_drawing(sign: str) -> bool:
    """Whether it is an emoji or what can follow one inside an emoji."""
    return sign != "" and (sign in _SELECTORS or unicodedata.category(sign) in ("So", "Sk"))


def _is_cursive(sign: str) -> bool:
    """Whether it is a letter of a script whose letters are joined, or a mark on one."""
    name = unicodedata.name(sign, "") if sign else ""
    return name.startswith(("ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "MANDAIC", "ADLAM", "HANIFI"))


def _continues(last: str, sign: str) -> bool:
    if sign in JOINERS:
        return not last.isascii()
    return unicodedata.category(sign) in ("Mn", "Mc") and sign not in _SELECTORS


def _is_within(text: str, at: int) -> bool:
    """Whether a cut before that character would go through a letter."""
    return is_part_of_letter(text[at]) or text[at] in _TAGS or text[at - 1] == JOINER


def listed(written: str) -> list[str]:
    """The parts of a list that was written with commas, without spaces around them and without empty ones."""
    return [part for part in (part.strip() for part in written.split(",")) if part]
