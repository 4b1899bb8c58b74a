"""Reading a prompt: which words name things, hours, colours and styles, and which the painter must guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache

from . import lexicon

_TOKEN = re.compile(r"[^\W_]+|[.,;:!?()\n]")
_BREAKS = frozenset(".,;:!?()\n")
_ROMANCE = frozenset(
    "rouge rojo roja jaune amarillo amarilla vert verte verde bleu bleue azul blanc blanche blanco blanca noir noire "
    "negro negra gris dore dorado morado rosa marron".split()
)


@dataclass(frozen=True)
class Thing:
    """Something to paint, with what the prompt says about it."""

    kind: str
    word: str = ""
    colour: str | None = None
    count: int | None = None
    size: float = 1.0
    place: float | None = None
    plural: bool = False


@dataclass(frozen=True)
class Word:
    """One word of the prompt and what the painter took it for; None when it was left to chance."""

    text: str
    meaning: str | None


@dataclass(frozen=True)
class Understanding:
    """What the painter made of a prompt, word by word."""

    words: tuple[Word, ...] = ()

    @property
    def understood(self) -> tuple[str, ...]:
        """The words that say what is painted."""
        return tuple(word.text for word in self.words if word.meaning is not None)

    @property
    def guessed(self) -> tuple[str, ...]:
        """The words that only steer chance."""
        return tuple(word.text for word in self.words if word.meaning is None)


@dataclass(frozen=True)
class Wish:
    """A prompt, read."""

    things: tuple[Thing, ...] = ()
    hours: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    understanding: Understanding = field(default_factory=Understanding)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of things that are wanted."""
        return frozenset(thing.kind for thing in self.things)

    @property
    def chance(self) -> str:
        """The unknown words, as the seed of what they decide."""
        return " ".join(self.understanding.guessed).lower()


@cache
def _table() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    groups = (
        ("colour", lexicon.COLOUR_WORDS), ("style", lexicon.STYLE_WORDS), ("grade", lexicon.GRADE_WORDS),
        ("hour", lexicon.HOUR_WORDS), ("thing", lexicon.THINGS),
    )  # fmt: skip
    for group, entries in groups:
        for meaning, line in entries.items():
            for word in line.split():
                table[plain(word).replace("_", " ")] = (group, meaning)
    table["orange"], table["rose"] = ("colour", "orange"), ("colour", "rose")
    return table


def plain(text: str) -> str:
    """Lower case without accents."""
    spread = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").lower())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def _roots(word: str) -> list[str]:
    """The word and what it may be an inflection of, likeliest first."""
    roots = [word]
    for ending, instead in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""), ("en", ""), ("n", ""), ("e", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            roots.append(word[: -len(ending)] + instead)
    return roots


def _look(tokens: list[str], start: int) -> tuple[int, str, tuple[str, str]] | None:
    """The longest known phrase that starts here: its length, its root and its meaning."""
    table = _table()
    for length in (4, 3, 2, 1):
        part = tokens[start : start + length]
        if len(part) < length or any(token in _BREAKS for token in part):
            continue
        for root in _roots(" ".join(part)):
            if root in table:
                return length, root, table[root]
    return None


def _split(prompt: str) -> list[str]:
    tokens: list[str] = []
    for token in _TOKEN.findall(prompt[:4000]):
        if "\u3040" <= token[0] <= "\u9fff" and token not in _table():
            tokens.extend(token)
        else:
            tokens.append(token)
    return tokens[:600]


@dataclass
class _Reading:
    """What has been said since the last noun."""

    colour: str | None = None
    count: int | None = None
    size: float = 1.0
    place: float | None = None
    loose: list[str] = field(default_factory=list)

    def let_go(self) -> None:
        if self.colour is not None:
            self.loose.append(self.colour)
        self.colour, self.count, self.size, self.place = None, None, 1.0, None


def read(prompt: str, negative_prompt: str = "") -> Wish:
    """Read a prompt and what it should not show."""
    raw = _split(prompt)
    tokens = [plain(token) for token in raw]
    found: dict[str, list[str]] = {"hour": [], "grade": [], "style": []}
    things: list[Thing] = []
    words: list[Word] = []
    banned = set(forbidden(negative_prompt))
    said = _Reading()
    negated, since_noun, at = False, 99, 0
    while at < len(tokens):
        token = tokens[at]
        if token in _BREAKS:
            said.let_go()
            negated, since_noun, at = False, 99, at + 1
            continue
        match = _look(tokens, at)
        length = match[0] if match else 1
        text = " ".join(raw[at : at + length])
        before = at
        at += length
        since_noun += 1
        if token in lexicon.NEGATIONS:
            negated = True
            words.append(Word(text, "without"))
        elif match is not None and negated:
            banned.add(match[2][1])
            words.append(Word(text, f"no {match[2][1]}"))
            negated = match[2][0] == "colour"
        elif match is not None and not (length == 1 and token in lexicon.SIZES):
            group, meaning = match[2]
            words.append(Word(text, meaning))
            if group == "thing":
                plural = match[1] != " ".join(tokens[before:at])
                thing = Thing(meaning, match[1], said.colour, said.count, said.size, said.place, plural)
                if since_noun == 1 and things and (meaning == things[-1].kind or {meaning, things[-1].kind} in _SAME):
                    old = things.pop()
                    thing = replace(thing, colour=thing.colour or old.colour, count=thing.count or old.count,
                                    size=old.size * thing.size, place=thing.place or old.place)  # fmt: skip
                things.append(thing)
                said, since_noun = _Reading(loose=said.loose), 0
            elif group == "colour":
                last = things[-1] if things else None
                if token in _ROMANCE and since_noun == 1 and last is not None and last.colour is None:
                    things[-1] = replace(last, colour=meaning)
                    since_noun = 0
                else:
                    said.colour = said.colour or meaning
            else:
                found[group].append(meaning)
        elif token in lexicon.COUNTS:
            said.count = lexicon.COUNTS[token] % 100
            if len(token) > 3 or token.isdigit():
                words.append(Word(text, f"count {said.count}"))
        elif token in lexicon.SIZES:
            said.size *= lexicon.SIZES[token]
            words.append(Word(text, "size"))
        elif token in lexicon.PLACES:
            words.append(Word(text, "place"))
            if things and since_noun < 5:
                things[-1] = replace(things[-1], place=lexicon.PLACES[token])
            else:
                said.place = lexicon.PLACES[token]
        elif token not in lexicon.QUIET:
            words.append(Word(text, None))
        elif token in _BINDING:
            said.let_go() if said.colour is not None and token in _CUTS else None
    said.let_go()
    return Wish(
        tuple(thing for thing in things if thing.kind not in banned)[:40],
        tuple(hour for hour in found["hour"] if hour not in banned),
        tuple(dict.fromkeys([*found["grade"], *said.loose])),
        tuple(dict.fromkeys(found["style"])),
        frozenset(banned),
        Understanding(tuple(words)),
    )


_SAME: tuple[set[str], ...] = (
    {"boat", "ship"}, {"tree", "broadleaf"}, {"tree", "palm"}, {"forest", "birch"}, {"tree", "conifer"},
    {"snowcap", "mountain"}, {"portrait", "woman"}, {"moon", "crescent"},
)  # fmt: skip
_CUTS = frozenset("in with at under over behind from mit im avec con en sous".split())
_BINDING = _CUTS


def forbidden(negative_prompt: str) -> frozenset[str]:
    """Every meaning named in a negative prompt."""
    tokens = [plain(token) for token in _split(negative_prompt)]
    matches = [_look(tokens, at) for at in range(len(tokens)) if tokens[at] not in _BREAKS]
    return frozenset(match[2][1] for match in matches if match is not None)
