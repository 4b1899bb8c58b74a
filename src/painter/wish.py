"""What a prompt asks for, once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field


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
