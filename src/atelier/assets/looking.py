"""What the library page's address says that is wanted, and the addresses that keep it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends

from atelier.assets.library import Sort, Wanted
from atelier.assets.tables import Source
from atelier.base import kinds

LONGEST_SEARCH = 200  # characters; the fields of the pages state the same


def searched(q: str) -> tuple[str, bool]:
    """The words that are searched, and whether the search was longer than one may be."""
    words = q.replace("\0", " ").strip()
    return words[:LONGEST_SEARCH], len(words) > LONGEST_SEARCH


class Looking:
    """A search as the browser carries it; an unknown value means no filter, since people edit addresses."""

    def __init__(
        self, q: str = "", kind: str = "", source: str = "", by: str = "", favourites: str = "", sort: str = ""
    ) -> None:
        tool, _, model = by.partition(" ")
        words, self.cut = searched(q)
        self.wanted = Wanted(
            words=words,
            kind=kinds.kinds().get(kind),
            source=Source(source) if source in set(Source) else None,
            tool=tool.replace("\0", "") or None,
            model=model.replace("\0", "") or None,
            favourite=favourites == "1",
            sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
        )
        given = {
            "q": self.wanted.words,
            "kind": self.wanted.kind,
            "source": self.wanted.source,
            "by": f"{self.wanted.tool} {self.wanted.model}" if self.wanted.tool and self.wanted.model else "",
            "favourites": "1" if self.wanted.favourite else "",
            "sort": "" if self.wanted.sort is Sort.NEWEST else self.wanted.sort,
        }
        self.given = {name: str(value or "") for name, value in given.items()}

    def address(self, path: str = "/library", **more: str | None) -> str:
        """`path` with this search in its query; `more` adds to it or, empty, takes away."""
        query = urlencode({name: value for name, value in (self.given | more).items() if value})
        return f"{path}?{query}" if query else path


Search = Annotated[Looking, Depends(Looking)]
