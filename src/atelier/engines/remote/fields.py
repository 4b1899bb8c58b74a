"""A tool's input in the words of somebody else's model, whose schema says which inputs it has.

Replicate gives the schema with each version of a model, a Cog container at `/openapi.json`; in both it is
`components.schemas.Input` of an OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from atelier.tools import find
from atelier.tools.image_generate import SIZES
from atelier.tools.seeds import SHORT, folded

# what models of the field call our fields, the likeliest first
NAMES: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "text_prompt", "text", "input_prompt"),
    "instruction": ("prompt", "instruction", "edit_prompt", "text"),
    "negative_prompt": ("negative_prompt",),
    "steps": ("num_inference_steps", "steps", "inference_steps"),
    "guidance": ("guidance", "guidance_scale", "cfg", "cfg_scale"),
    "seed": ("seed",),
    "aspect_ratio": ("aspect_ratio",),
    "format": ("output_format", "format"),
    "quality": ("output_quality", "quality"),
    "adapter": ("lora_weights", "lora", "lora_url", "extra_lora", "hf_lora"),
    "mask": ("mask", "mask_image"),
    "strength": ("strength", "prompt_strength"),
    "image": ("input_image", "image", "input_images", "image_input", "images", "image_prompt", "input"),
}
# how a file is encoded, and how the work is done: a model without such an input decides by itself
OPTIONAL = frozenset({"format", "quality", "steps", "guidance", "seed", "count"})
SPELLINGS: dict[str, tuple[str, ...]] = {"jpeg": ("jpeg", "jpg")}  # of values


class Property(BaseModel):
    """One input of a model; what is odd about it counts as not said."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = ""
    enum: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def inputs_of(document: Any) -> Mapping[str, Property]:
    """A model's inputs by their names; empty where the document has none."""
    schemas = _part(_part(document, "components"), "schemas")
    found = _part(_part(schemas, "Input"), "properties")
    return {name: _property(schemas, told) for name, told in found.items()}


def _part(document: Any, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _property(schemas: Mapping[str, Any], told: Any) -> Property:
    """An input with what it refers to: a choice is written as {"allOf": [{"$ref": …}]}."""
    whole: dict[str, Any] = dict(told) if isinstance(told, Mapping) else {}
    parts = whole.get("allOf")
    for part in (whole, *(parts if isinstance(parts, list) else ())):
        reference = part.get("$ref") if isinstance(part, Mapping) else None
        if isinstance(reference, str):
            whole = {**_part(schemas, reference.rpartition("/")[2]), **whole}
    try:
        return Property.model_validate(whole)
    except ValidationError:
        return Property()


def name_of(field: str, properties: Mapping[str, Property]) -> str | None:
    """What the model calls our field, if it has such an input."""
    return next((name for name in NAMES.get(field, (field,)) if name in properties), None)


def tools_of(document: Any) -> list[str]:
    """Which of our tools a model can do by its schema: from words, from words and a picture, or both."""
    properties = inputs_of(document)
    if name_of("prompt", properties) is None:
        return []
    picture = name_of("image", properties)
    if picture is None:
        return ["image.generate"]
    required = _part(_part(_part(document, "components"), "schemas"), "Input").get("required")
    return ["image.edit"] if isinstance(required, list) and picture in required else ["image.generate", "image.edit"]


class NoInput(Exception):
    """The model has no input for what a field says. `field` is the tool's."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def fit(
    tool: str, wanted: Mapping[str, Any], files: Mapping[str, Sequence[str]], properties: Mapping[str, Property]
) -> dict[str, Any]:
    """The model's input for one picture of a tool's input `wanted`, with the addresses of its `files` by field.

    Numbers are kept within the model's bounds. Raises `NoInput` for what the member asked for and it has no input for:
    words, a file, a shape, or any other field whose value is not the tool's own default.
    """
    usual = find(tool).Input.model_fields
    fitted: dict[str, Any] = {}
    for field, value in wanted.items():
        if field in files or field == "count" or value is None or value == "" or value == []:
            continue
        if field == "strength" and value == usual[field].default:
            continue  # models have defaults of their own, and other scales
        name = name_of(field, properties)
        found = _value(field, value, properties[name]) if name is not None else None
        if name is not None and found is not None:
            fitted[name] = found
        elif field == "aspect_ratio" and name is None and {"width", "height"} <= properties.keys():
            fitted["width"], fitted["height"] = SIZES[value]
        elif field == "aspect_ratio" or not (field in OPTIONAL or value == usual[field].default):
            raise NoInput(field)
    for field, addresses in files.items():
        name = name_of("image" if field == "references" else field, properties)
        several = name is not None and properties[name].type == "array"
        if name is None or (field == "references" and not several):
            raise NoInput(field)
        fitted[name] = [*fitted.get(name, ()), *addresses] if several else addresses[0]
    return fitted


def _value(field: str, value: Any, schema: Property) -> Any:
    """A value as the schema takes it; None where it takes nothing like it."""
    if schema.enum:
        return next((each for each in SPELLINGS.get(value, (value,)) if each in schema.enum), None)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    if field == "seed":  # two seeds must not become one
        return folded(int(value)) % max(1, min(int(schema.maximum or SHORT - 1) + 1, SHORT))
    kept = value if schema.minimum is None else max(value, schema.minimum)
    kept = kept if schema.maximum is None else min(kept, schema.maximum)
    return int(kept) if schema.type == "integer" else kept
