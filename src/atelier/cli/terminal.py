"""What the command line says: short plain sentences, in colour only where a person reads them."""

from __future__ import annotations

import os
import sys
from typing import IO

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def say(text: str = "", style: str = "") -> None:
    """A line on standard output."""
    print(paint(text, style, sys.stdout), flush=True)


def complain(text: str) -> None:
    """A line on standard error, under the program's name; of several lines each is a fault."""
    first, *more = text.splitlines() or [""]
    print(paint("atelier:", RED, sys.stderr), first, file=sys.stderr, flush=True)
    for line in more:
        print("        ", line, file=sys.stderr, flush=True)


def paint(text: str, style: str, out: IO[str]) -> str:
    """The text in a style (an SGR number of ECMA-48), or as it is where nobody would see it."""
    if not style or not out.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{style}m{text}\033[0m"
