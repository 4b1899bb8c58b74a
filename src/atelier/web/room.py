"""What a room of the studio says once about itself; the application, the worker and the navigation walk the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from atelier.web.routes import Routes

Group = Literal["make", "keep", "operate"]


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A link in the navigation. `label` is asked in the language of each page; `key` follows `g` on the keyboard.

    `tool`: shown only where a model for that tool can work. `staff`: True for operators only, False for others only.
    """

    group: Group
    path: str
    label: Callable[[], str]
    icon: str
    key: str
    tool: str | None = None
    staff: bool | None = None
    classes: str = ""

    def shown(self, caller: Any, offers: Callable[[str], bool]) -> bool:
        """Whether a page shows it to this caller, or to a visitor where there is none."""
        if self.tool is not None and not offers(self.tool):
            return False
        return self.staff is None or (caller is not None and bool(caller.staff) == self.staff)


def _none(_studio: Any) -> Sequence[Any]:
    return ()


def _nothing(_studio: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the product with a folder of its own.

    `routes` is asked by a web process only: the function imports the room's pages, so that a worker and a command
    start without them. `console` has the addresses and labels of its pages in the operator's console. `tasks`,
    `rounds`, `readers` and `senders` get the open studio and give the worker what it does in the background
    (`base.background.Task`, `Round`, `Reader`, `Sender`). `listens` gives web processes and workers what to call at
    each signal of a channel. Templates lie in the folder's `templates/`, and styles, scripts and pictures in its
    `static/`.
    """

    name: str
    folder: Path
    routes: Callable[[], Sequence[Routes]] = tuple
    nav: Sequence[NavEntry] = ()
    console: Sequence[tuple[str, Callable[[], str]]] = ()
    tasks: Callable[[Any], Sequence[Any]] = _none
    rounds: Callable[[Any], Sequence[Any]] = _none
    readers: Callable[[Any], Sequence[Any]] = _none
    senders: Callable[[Any], Sequence[Any]] = _none
    listens: Callable[[Any], Mapping[str, Callable[[str], None]]] = _nothing

    @property
    def templates(self) -> Path:
        return self.folder / "templates"

    @property
    def static(self) -> Path:
        return self.folder / "static"


@contextmanager
def listening(rooms: Sequence[Room], studio: Any) -> Iterator[None]:
    """Every room hears its channels for as long as the block lasts."""
    channels = [each for room in rooms for each in room.listens(studio).items()]
    ends = [studio.signals.listen(channel, hear) for channel, hear in channels]
    try:
        yield
    finally:
        for end in ends:
            end()


def console_nav(rooms: Sequence[Room]) -> list[tuple[str, str]]:
    """The address and the label of each page of the operator's console; its overview comes first."""
    pages = [(path, label()) for room in rooms for path, label in room.console]
    return sorted(pages, key=lambda page: page[0] != "/console")


class RoomsDisagree(Exception):
    """Two rooms claim the same; the message names both."""


def check(rooms: Sequence[Room]) -> None:
    """Refuse rooms that declare the same name, route or key twice; raises `RoomsDisagree`."""
    taken: dict[tuple[str, str], str] = {}
    for room in rooms:
        claims = [("room", room.name)]
        claims += [("key", entry.key) for entry in room.nav]
        for router in room.routes():
            for route in router.routes:
                path = getattr(route, "path", "")
                claims += [("route", f"{method} {path}") for method in sorted(getattr(route, "methods", None) or ())]
        for claim in claims:
            if claim in taken:
                what, which = claim
                raise RoomsDisagree(f"The {what} {which} is declared by {taken[claim]} and by {room.name}.")
            taken[claim] = room.name
