"""Settings that stand beside the room that they are for; `atelier.settings` reads those of all rooms together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from atelier.base.text import listed

PREFIX = "ATELIER_"


def _parts(written: object) -> object:
    return tuple(listed(written)) if isinstance(written, str) else written


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]  # written with commas


class RoomSettings(BaseSettings):
    """What an operator can set for one room: a class in `settings.py` of its folder, found by itself.

    A field `x` is the variable `ATELIER_X`. The module is loaded without its room by every process, the supervisor
    included, so it imports only from `base`, and anything large where it is needed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path  # the data folder, which every room may read

    def misfits(self) -> Iterator[str]:
        """A sentence for each fault that a single field cannot show; each begins with the variable's name."""
        yield from ()


def scheme_misfits(name: str, value: str, schemes: tuple[str, ...]) -> Iterator[str]:
    """A sentence if the address in `ATELIER_NAME` begins with none of `schemes`."""
    if value and urlsplit(value).scheme not in schemes:
        yield f"{PREFIX}{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}."
