"""What a tool is: an input that people fill in, what it yields, and what its price counts."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from atelier.base.errors import BadRequest, NotFound

Units = Mapping[str, int]  # how much of what: {"pictures": 4}


class Kind(StrEnum):
    """What kind of file a tool yields."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"


class UnknownTool(NotFound):
    """No tool has that id."""

    code = "unknown_tool"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__("tool", message)
        self.field = field


class InvalidInput(BadRequest):
    """A wish that the tool cannot take; `field` says which part of it, `faults` has a sentence for each field."""

    code = "invalid_input"

    def __init__(self, faults: Mapping[str, str]) -> None:
        field, message = next(iter(faults.items()))
        all_faults = [{"field": name, "message": sentence} for name, sentence in faults.items()]
        super().__init__(message, field=field or None, errors=all_faults)
        self.faults = dict(faults)


class ToolInput(BaseModel):
    """The base of every tool's input: unknown fields and control characters are refused, spaces at the ends dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        if isinstance(value, str):
            for sign in value:
                if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t\r":
                    raise ValueError("has characters that cannot be read (control characters)")
        return value


class Tool(ABC):
    """Something that the studio can make."""

    id: ClassVar[str]
    name: ClassVar[str]
    yields: ClassVar[Kind]
    Input: ClassVar[type[ToolInput]]

    @abstractmethod
    def units(self, wish: Any) -> Units:
        """What the price counts for this wish."""

    @abstractmethod
    def title(self, wish: Any) -> str:
        """What the result is called until somebody renames it."""

    def expected(self, wish: Any) -> int:
        """How many files this wish yields."""
        return 1

    def files(self, wish: Any) -> Mapping[str, UUID]:
        """The member's assets that this wish works on, by the names under which its engine gets them."""
        return {}

    def settle(self, wish: Any) -> Any:
        """The wish with nothing left to chance, so that a second attempt makes the same."""
        return wish

    def parse(self, raw: Mapping[str, Any]) -> Any:
        """The wish written in `raw`, or `InvalidInput` with a sentence for each field that is wrong."""
        try:
            return self.Input.model_validate(raw)
        except ValidationError as error:
            faults: dict[str, str] = {}
            for fault in error.errors():
                field = str(fault["loc"][0]) if fault["loc"] else ""
                faults.setdefault(field, _sentence(field, fault["type"], fault["msg"], fault.get("ctx", {})))
            raise InvalidInput(faults) from None


def _sentence(field: str, kind: str, message: str, limits: Mapping[str, Any]) -> str:
    name = field.replace("_", " ").capitalize()
    match kind:
        case "missing" if field == "image":
            return "Choose a picture first."
        case "missing" | "string_too_short":
            return f"{name} is empty: say what you would like to see."
        case "uuid_parsing" | "uuid_type":
            return f"{name} must name a picture in your library."
        case "string_too_long":
            return f"{name} is too long: at most {limits['max_length']:,} characters."
        case "extra_forbidden":
            return f"There is no setting called {field[:60]!r} here."
        case "less_than_equal":
            return f"{name} can be at most {limits['le']}."
        case "greater_than_equal":
            return f"{name} must be at least {limits['ge']}."
        case "literal_error":
            return f"{name} must be one of {limits['expected']}.".replace("'", "")
        case "value_error":
            return f"{name} {message.removeprefix('Value error, ')}."
    return f"{name}: {message[0].lower()}{message[1:]}."
