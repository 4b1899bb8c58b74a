"""What a tool is: an input that people fill in, what it yields, and what its price counts."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Optional
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, field_validator

from atelier.base.errors import BadRequest, NotFound
from atelier.base.kinds import IMAGE, Kind
from atelier.tools.terms import Amounts


@dataclass(frozen=True, slots=True)
class Need:
    """Assets that a field of the input names: each must be in the member's library and of one of `kinds`.

    A picture that must be as large as another names that one's field in `like`.
    """

    field: str
    ids: Sequence[UUID]
    kinds: Collection[Kind] = (IMAGE,)
    like: str = ""


class UnknownTool(NotFound):
    """No tool has that id."""

    code = "unknown_tool"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__("tool", message)
        self.field = field


class InvalidInput(BadRequest):
    """An input that the tool cannot take; `field` says which part of it, `faults` has a sentence for each field."""

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
    yields: ClassVar[Kind]  # the kind of the files that it makes
    units: ClassVar[tuple[str, ...]]  # what a price of this tool may count
    rank: ClassVar[int] = 100  # its place in lists, the lowest first
    Input: ClassVar[type[ToolInput]]
    trial: ClassVar[Mapping[str, Any]] = {}  # fields of its own of a small input, by which the audit tries engines
    extras: ClassVar[frozenset[str]] = frozenset()  # fields that not every model can use
    limit: ClassVar[str] = "generation"  # the limit by which its jobs are counted, by its name in atelier.limits

    @abstractmethod
    def most(self, input: Any) -> Amounts:
        """The largest use that this input can lead to; its price is held.

        It is also asked for a form that is not finished, in which a text may be empty and anything else required None.
        """

    @abstractmethod
    def title(self, input: Any) -> str:
        """What the result is called until somebody renames it."""

    def expected(self, input: Any) -> int:
        """How many files this input yields."""
        return 1

    def used(self, input: Any, outputs: int, usage: Amounts) -> Amounts:
        """What is charged, after `outputs` finished files and the `usage` that the engine reported.

        By default that is what the engine reported, and for other units the share of the finished files. A tool without
        files charges only what its engine reports. It must not be more than `most`.
        """
        expected = self.expected(input)
        share = {unit: amount * outputs // expected if expected else 0 for unit, amount in self.most(input).items()}
        return share | {unit: amount for unit, amount in usage.items() if unit in share}

    def needs(self, input: Any) -> Sequence[Need]:
        """The assets of the member that this input works on."""
        return ()

    def words(self, input: Any) -> Mapping[str, str]:
        """What a member wrote in free words, by field: what filters of words judge."""
        fields = type(input).model_fields
        written = {name: getattr(input, name) for name, info in fields.items() if _is_written(info.json_schema_extra)}
        return {name: text for name, text in written.items() if isinstance(text, str) and text}

    def resolve(self, input: Any) -> Any:
        """The input with nothing left to chance, so that a second attempt makes the same."""
        return input

    def draft(self, raw: Mapping[str, Any]) -> Any:
        """The input of a form that is not finished: what is missing or wrong there has its default, or is empty."""
        model = _drafts(self.Input)
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        try:
            return model.model_validate({name: value for name, value in raw.items() if name not in wrong})
        except ValidationError:  # fields that are right by themselves and not together
            return model.model_validate({})

    def parse(self, raw: Mapping[str, Any]) -> Any:
        """The input written in `raw`, or `InvalidInput` with a sentence for each field that is wrong."""
        try:
            return self.Input.model_validate(raw)
        except ValidationError as error:
            faults: dict[str, str] = {}
            for fault in error.errors():
                field = str(fault["loc"][0]) if fault["loc"] else ""
                faults.setdefault(field, _sentence(field, fault["type"], fault["msg"], fault.get("ctx", {})))
            raise InvalidInput(faults) from None


def _is_written(extra: Any) -> bool:
    return isinstance(extra, Mapping) and extra.get("widget") in ("prompt", "text")


@cache
def _drafts(model: type[ToolInput]) -> type[ToolInput]:
    """The same input with nothing required."""
    required = {name: info for name, info in model.model_fields.items() if info.is_required()}
    optional: dict[str, Any] = {
        name: (str, "") if info.annotation is str else (Optional[info.annotation], None)  # noqa: UP045 - no type as such
        for name, info in required.items()
    }
    return create_model(f"{model.__name__}Draft", __base__=model, **optional)


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
        case "seed":
            return f"{name} {message}."
        case "literal_error":
            return f"{name} must be one of {limits['expected']}.".replace("'", "")
        case "value_error":
            return f"{name} {message.removeprefix('Value error, ')}."
    return f"{name}: {message[0].lower()}{message[1:]}."
