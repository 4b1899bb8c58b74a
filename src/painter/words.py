"""Reading a prompt: which words name things, hours, colours and styles, and which the painter must guess."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from . import lexicon_looks as looks
from .tokens import BREAKS, look, plain, split
from .wish import Thing, Understanding, Wish, Word

_SAME: tuple[set[str], ...] = (
    {"boat", "ship"},
    {"tree", "broadleaf"},
    {"tree", "palm"},
    {"forest", "birch"},
    {"tree", "conifer"},
    {"snowcap", "mountain"},
    {"portrait", "woman"},
    {"moon", "crescent"},
)
_SMALLEST, _LARGEST = 0.3, 3.0  # how far words of size that pile up are followed


def read(prompt: str, negative_prompt: str = "") -> Wish:
    """Read a prompt and what it should not show."""
    return _Reader(split(prompt), set(forbidden(negative_prompt))).read()


def forbidden(negative_prompt: str) -> frozenset[str]:
    """Every meaning named in a negative prompt."""
    tokens = [plain(token) for token in split(negative_prompt)]
    matches = [look(tokens, at) for at in range(len(tokens)) if tokens[at] not in BREAKS]
    return frozenset(match[2][1] for match in matches if match is not None)


def _within(size: float) -> float:
    return min(_LARGEST, max(_SMALLEST, size))


@dataclass
class _Reader:
    """Walks along a prompt; what is said before a noun waits for it."""

    raw: list[str]
    banned: set[str]
    things: list[Thing] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=lambda: {"hour": [], "grade": [], "style": []})
    loose: list[str] = field(default_factory=list)
    next: Thing = field(default_factory=lambda: Thing(""))
    negated: bool = False
    since_noun: int = 99

    def read(self) -> Wish:
        tokens = [plain(token) for token in self.raw]
        at = 0
        while at < len(tokens):
            match = look(tokens, at)
            length = match[0] if match is not None else 1
            text = " ".join(self.raw[at : at + length])
            self.since_noun += 1
            if tokens[at] in BREAKS:
                self._pause()
            elif tokens[at] in looks.NEGATIONS:
                self.negated = True
                self.words.append(Word(text, "without"))
            elif match is not None and not (length == 1 and tokens[at] in looks.SIZES):
                self._known(text, tokens[at], match[1], *match[2])
            else:
                self._small(text, tokens[at])
            at += length
        self._pause()
        return self._wish()

    def _pause(self) -> None:
        """A break in the sentence: a colour that met no noun tints the whole picture."""
        if self.next.colour is not None:
            self.loose.append(self.next.colour)
        self.next, self.negated, self.since_noun = Thing(""), False, 99

    def _known(self, text: str, token: str, root: str, group: str, meaning: str) -> None:
        if self.negated:
            self.banned.add(meaning)
            self.words.append(Word(text, f"no {meaning}"))
            self.negated = group == "colour"
            return
        self.words.append(Word(text, meaning))
        if group == "thing":
            self._noun(replace(self.next, kind=meaning, word=root, plural=root != plain(text)))
        elif group == "colour":
            self._colour(token, meaning)
        else:
            self.found[group].append(meaning)

    def _noun(self, thing: Thing) -> None:
        last = self.things[-1] if self.things and self.since_noun == 1 else None
        if last is not None and (thing.kind == last.kind or {thing.kind, last.kind} in _SAME):
            self.things.pop()
            thing = replace(
                thing,
                colour=thing.colour or last.colour,
                count=thing.count or last.count,
                size=_within(last.size * thing.size),
                place=thing.place or last.place,
            )
        self.things.append(thing)
        self.next, self.since_noun = Thing(""), 0

    def _colour(self, token: str, meaning: str) -> None:
        last = self.things[-1] if self.things else None
        if token in looks.AFTER_NOUN and self.since_noun == 1 and last is not None and last.colour is None:
            self.things[-1] = replace(last, colour=meaning)
            self.since_noun = 0
        elif self.next.colour is None:
            self.next = replace(self.next, colour=meaning)

    def _small(self, text: str, token: str) -> None:
        """Counts, sizes, places, and words that mean nothing here."""
        if token in looks.COUNTS:
            self.next = replace(self.next, count=looks.COUNTS[token])
            if looks.COUNTS[token] > 1 or token.isdigit():
                self.words.append(Word(text, f"count {looks.COUNTS[token]}"))
        elif token in looks.SIZES:
            self.next = replace(self.next, size=_within(self.next.size * looks.SIZES[token]))
            self.words.append(Word(text, "size"))
        elif token in looks.PLACES:
            self.words.append(Word(text, "place"))
            if self.things and self.since_noun < 5:
                self.things[-1] = replace(self.things[-1], place=looks.PLACES[token])
            else:
                self.next = replace(self.next, place=looks.PLACES[token])
        elif token not in looks.QUIET:
            self.words.append(Word(text, None))
        elif token in looks.CUTS:
            since = self.since_noun
            self._pause()
            self.since_noun = since

    def _wish(self) -> Wish:
        return Wish(
            tuple(thing for thing in self.things if thing.kind not in self.banned)[:40],
            tuple(hour for hour in self.found["hour"] if hour not in self.banned),
            tuple(dict.fromkeys([*self.found["grade"], *self.loose])),
            tuple(dict.fromkeys(self.found["style"])),
            frozenset(self.banned),
            Understanding(tuple(self.words)),
        )
