"""What may not stand in a log or leave with an error report: told by its field's name, or by its look in any text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = frozenset(
    {
        "authorization",
        "body",
        "cookie",
        "data",
        "email",
        "input",
        "instruction",
        "key",
        "negative_prompt",
        "password",
        "prompt",
        "query",
        "query_string",
        "secret",
        "set-cookie",
        "text",
        "token",
    }
)
# what we hand out: 32 bytes of base64url, alone or after a token's first prefix; tokens with a checksum; JWTs
_SECRET = re.compile(
    r"(?<![A-Za-z0-9_-])(?:atl_)?[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|at[lr]_[A-Za-z0-9]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*",
    re.ASCII,
)
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=]{1,64}@[^\s@<>\"'(),;:=]{1,253}\.[^\s@<>\"'(),;:=]{2,}")
_ASKED = re.compile(r"(?<=\?)[^\s\"'#]*=[^\s\"'#]*")  # an address's query
_ROW = re.compile(
    r"(?m)^(DETAIL|CONTEXT):.*$|(?<=\[parameters: ).*"
)  # a database says what is in the row that it refuses
_PLAIN = re.compile(r"[0-9a-f-]{36}|[a-z_]{1,20}(?::[a-z_]{1,20})?")  # ids and names, in which none of that fits
_LONGEST = 20_000  # signs of one text


def scrubbed(value: Any, name: str = "") -> Any:
    """The same value without what is nobody's business; the length of what is hidden stays, it helps with support."""
    if name.lower() in HIDDEN and value not in (None, "", True, False):
        return f"[hidden {len(str(value))}]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {str(key): scrubbed(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(each) for each in value]
    if isinstance(value, BaseException):
        return text(f"{type(value).__name__}: {value}")
    return value


def text(written: str) -> str:
    """A text without secrets, e-mails, queries and rows."""
    if _PLAIN.fullmatch(written):  # most of what is logged; the rest of this costs thirty times as much
        return written
    found = _ROW.sub("[hidden row]", written[:_LONGEST])
    found = _ASKED.sub("[hidden]", found)
    found = _SECRET.sub("[hidden secret]", found)
    return _EMAIL.sub("[hidden e-mail]", found)
