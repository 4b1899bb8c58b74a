"""A form from a tool's schema: each field with its widget, its bounds, what was typed and what is wrong with it.

A field says how it wants to be shown in `json_schema_extra`: `widget` (prompt, aspect, slider, select, number, seed,
text, textarea, toggle, adapter, hidden), `advanced` (folded away), `step` (of a slider). Without a
`widget` its type decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from fastapi import Form
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

CHOICE = "_choice"  # a seed is sent as two controls: random or fixed, and the number
LONG = 200  # letters from which a text gets a box instead of a line
BOX = 20  # side of the square in which an aspect ratio is drawn

FormText = Annotated[str, Form()]  # a field of a form, as it was typed


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values; an aspect ratio has the size of its drawing."""

    value: str
    label: str
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class FormField:
    """A field as a page shows it; `value` is written as the browser would send it."""

    name: str
    label: str
    widget: str
    value: str
    error: str | None = None
    hint: str | None = None
    required: bool = False
    advanced: bool = False
    options: tuple[Option, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    max_length: int | None = None
    example: str = ""

    @property
    def id(self) -> str:
        return f"field-{self.name.replace('_', '-')}"

    @property
    def on(self) -> bool:
        """Whether a toggle is on."""
        return self.value in ("true", "on", "1")

    @property
    def summary(self) -> str:
        """What a folded field says of itself; texts say nothing, and neither does a toggle that is off."""
        if self.widget in ("text", "textarea", "prompt", "adapter", "hidden"):
            return ""
        return (self.label if self.on else "") if self.widget == "toggle" else self.value


def form_fields(
    model: type[BaseModel], values: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None
) -> list[FormField]:
    """The fields of `model` in its order, with `values` (parsed or just as they were typed) and `errors` by name."""
    values, errors = values or {}, errors or {}
    return [_field(name, info, values, errors.get(name)) for name, info in model.model_fields.items()]


def form_values(model: type[BaseModel], typed: Mapping[str, str]) -> dict[str, Any]:
    """What a browser sent, as the tool's input: nothing typed means the default, and a random seed none at all."""
    found: dict[str, Any] = {name: value for name, value in typed.items() if not name.endswith(CHOICE)}
    for name, info in model.model_fields.items():
        widget = _widget(info)
        if widget == "toggle":
            found[name] = name in typed
        elif widget == "seed" and typed.get(f"{name}{CHOICE}", "fixed") == "random":
            found.pop(name, None)
        elif found.get(name) == "" and not info.is_required():
            del found[name]
    return found


def _field(name: str, info: FieldInfo, values: Mapping[str, Any], error: str | None) -> FormField:
    extra, bounds, widget = _extra(info), _bounds(info), _widget(info)
    default = "" if info.default is PydanticUndefined else info.default
    random = widget == "seed" and values.get(f"{name}{CHOICE}") == "random"
    value = "" if random else written(values.get(name, default))
    if widget == "toggle" and f"{name}{CHOICE}" in values:
        value = written(name in values)
    return FormField(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        widget=widget,
        value=value,
        error=error,
        hint=info.description,
        required=info.is_required(),
        advanced=bool(extra.get("advanced")),
        options=_options(info, widget),
        low=bounds.get("ge", bounds.get("gt")),
        high=bounds.get("le", bounds.get("lt")),
        step=extra.get("step", 1 if _kind(info) is int else None),
        max_length=bounds.get("max_length"),
        example=str(info.examples[0]) if info.examples else "",
    )


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _bounds(info: FieldInfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in info.metadata:
        for name in ("ge", "gt", "le", "lt", "max_length"):
            value = getattr(rule, name, None)
            if value is not None:
                found[name] = value
    return found


def _kind(info: FieldInfo) -> Any:
    """A field's type without its None."""
    kind = info.annotation
    if get_origin(kind) in (Union, UnionType):
        kinds = [one for one in get_args(kind) if one is not NoneType]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _widget(info: FieldInfo) -> str:
    asked = _extra(info).get("widget")
    if asked:
        return str(asked)
    kind, bounds = _kind(info), _bounds(info)
    if get_origin(kind) is Literal:
        return "select"
    if kind is bool:
        return "toggle"
    if kind in (int, float):
        return "slider" if {"ge", "le"} <= bounds.keys() else "number"
    return "textarea" if bounds.get("max_length", 0) > LONG else "text"


def _options(info: FieldInfo, widget: str) -> tuple[Option, ...]:
    values = [str(value) for value in get_args(_kind(info))] if get_origin(_kind(info)) is Literal else []
    return tuple(Option(value, value, *(_drawn(value) if widget == "aspect" else ())) for value in values)


def _drawn(ratio: str) -> tuple[float, float]:
    """The drawing of `3:4`: all of about the same area, none wider than its button."""
    across, down = (float(part) for part in ratio.split(":"))
    scale = (BOX * BOX * 0.8 / (across * down)) ** 0.5
    width, height = across * scale, down * scale
    shrink = min(1.0, 30 / width, 22 / height)
    return round(width * shrink, 1), round(height * shrink, 1)


def written(value: Any) -> str:
    """A value as a browser would send it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
