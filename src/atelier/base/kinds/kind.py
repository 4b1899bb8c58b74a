"""What the studio knows about a kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of file. Rows, the API and addresses have its `id`.

    An upload is recognised by its first bytes, or, where a kind has no marks of its own, by the end of its name. `verb`
    names what a child process makes of it; a kind without one cannot be brought.
    """

    id: str
    rank: int  # its place in lists, the lowest first; also the order in which an upload is tried
    one: str  # what people call one file of it, in a sentence
    several: str  # what people call all of them, as a heading
    icon: str
    types: Mapping[str, str]  # the content types that are stored, each with the extension of its files
    verb: str = ""
    formats: str = ""  # what can be brought, as people call it
    marks: Mapping[str, bytes] = field(default_factory=dict)  # patterns of the first bytes, by what they become
    names: Mapping[str, str] = field(default_factory=dict)  # ends of names that decide, by content type
    endings: tuple[str, ...] = ()  # ends of names besides those of `types` that a file chooser offers
    limits: Mapping[str, int] = field(default_factory=dict)  # the most that an upload may have, by unit

    def __str__(self) -> str:
        return self.id

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ends of names that a file chooser offers for this kind; none if it cannot be brought."""
        return tuple(dict.fromkeys([*self.types.values(), *self.names, *self.endings])) if self.verb else ()

    @property
    def template(self) -> str:
        """The template that shows a file of this kind."""
        return f"assets/kinds/{self.id}.html"
