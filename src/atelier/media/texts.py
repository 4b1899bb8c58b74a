"""Text from outside: UTF-8 without characters that no text has. Runs in the child process of `pool`."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

from atelier.media.refusals import TextDamaged

EXCERPT = 600  # characters that pages show
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_CUE = re.compile(r"\d\d:\d\d:\d\d,\d{3}\s*-->\s*\d\d:\d\d:\d\d,\d{3}")


def bring(source: BinaryIO, out: BinaryIO, content_type: str, *, made: bool) -> dict[str, Any]:
    """Write a text without its byte order mark, and measure it; raises `TextDamaged`. A made one may be empty."""
    try:
        words = source.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextDamaged(
            f"This text is not in UTF-8 (byte {error.start:,} does not belong to any character). Save it as UTF-8 and "
            "try again. Nothing was added."
        ) from None
    if found := _CONTROLS.search(words):
        raise TextDamaged(
            f"This file is no text: it has the control character {ord(found[0])} in line "
            f"{words.count(chr(10), 0, found.start()) + 1:,}. Nothing was added."
        )
    if not words.strip() and not made:
        raise TextDamaged("This text has no words. Nothing was added.")
    _check_format(words, content_type)
    out.write(words.encode())
    excerpt = words.strip()[:EXCERPT]
    return {"excerpt": excerpt, "characters": len(words), "lines": words.count("\n") + (not words.endswith("\n"))}


def _check_format(words: str, content_type: str) -> None:
    if content_type == "text/vtt" and not words.startswith("WEBVTT"):
        raise TextDamaged("These subtitles do not begin with WEBVTT, so they are not in the VTT format.")
    if content_type == "application/x-subrip" and not _CUE.search(words):
        raise TextDamaged("These subtitles have no line with times, so they are not in the SRT format.")
    if content_type == "application/json":
        try:
            json.loads(words)
        except RecursionError:
            raise TextDamaged("This JSON is nested too deeply. Nothing was added.") from None
        except ValueError as error:
            line = getattr(error, "lineno", 1)
            raise TextDamaged(
                f"This file is no JSON: there is a mistake in line {line:,}. Nothing was added."
            ) from None
