"""Change a picture by classical means: an ordered list of operations, without any neural model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from atelier.base.kinds import IMAGE
from atelier.tools.terms import Amounts
from atelier.tools.tool import Need, Tool, ToolInput

LONGEST_SIDE = 65_535  # pixels
MASKED = ("blur", "inpaint")  # operations that work under the mask


class Crop(ToolInput):
    """Keep a rectangle, in pixels of the picture as it is by then."""

    do: Literal["crop"]
    left: int = Field(0, ge=0, le=LONGEST_SIDE)
    top: int = Field(0, ge=0, le=LONGEST_SIDE)
    width: int = Field(ge=1, le=LONGEST_SIDE)
    height: int = Field(ge=1, le=LONGEST_SIDE)


class Turn(ToolInput):
    """Turn clockwise by quarters."""

    do: Literal["turn"]
    degrees: Literal[90, 180, 270]


class Flip(ToolInput):
    """Mirror the picture."""

    do: Literal["flip"]
    across: Literal["horizontal", "vertical"]


class Straighten(ToolInput):
    """Turn clockwise by a few degrees, and keep the largest upright rectangle without empty corners."""

    do: Literal["straighten"]
    degrees: float = Field(ge=-45, le=45)


class Levels(ToolInput):
    """Make `black` and what is darker black, `white` and what is lighter white, and bend the middle by `gamma`."""

    do: Literal["levels"]
    black: int = Field(0, ge=0, le=254)
    white: int = Field(255, ge=1, le=255)
    gamma: float = Field(1.0, ge=0.1, le=10)

    @model_validator(mode="after")
    def _ordered(self) -> Levels:
        if self.black >= self.white:
            raise ValueError("need a black point below the white point")
        return self


class Colour(ToolInput):
    """Brightness, contrast and saturation as factors (1 changes nothing), and temperature from -100 to 100."""

    do: Literal["colour"]
    brightness: float = Field(1.0, ge=0, le=3)
    contrast: float = Field(1.0, ge=0, le=3)
    saturation: float = Field(1.0, ge=0, le=3)
    temperature: float = Field(0, ge=-100, le=100)


class Denoise(ToolInput):
    """Smooth noise and keep edges."""

    do: Literal["denoise"]
    strength: int = Field(1, ge=1, le=3)


class Sharpen(ToolInput):
    """An unsharp mask: `amount` as a factor, `radius` in pixels."""

    do: Literal["sharpen"]
    amount: float = Field(1.0, gt=0, le=5)
    radius: float = Field(2.0, ge=0.1, le=50)


class Upscale(ToolInput):
    """Enlarge by Lanczos' filter."""

    do: Literal["upscale"]
    factor: Literal[2, 3, 4]


class Blur(ToolInput):
    """Blur what is white in the mask; `radius` in pixels."""

    do: Literal["blur"]
    radius: float = Field(8, ge=0.5, le=100)


class Inpaint(ToolInput):
    """Fill what is white in the mask from around it (Telea, "An Image Inpainting Technique", 2004)."""

    do: Literal["inpaint"]
    radius: int = Field(3, ge=1, le=20)


Operation = Annotated[
    Crop | Turn | Flip | Straighten | Levels | Colour | Denoise | Sharpen | Upscale | Blur | Inpaint,
    Field(discriminator="do"),
]


def _from_form(value: Any) -> Any:
    """A form sends the list as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("must be a list of operations") from None


# one-click looks: each is a list of the operations above
LOOKS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "Black and white": [{"do": "colour", "saturation": 0, "contrast": 1.15}],
    "Warm": [{"do": "colour", "temperature": 45, "saturation": 1.1}],
    "Cool": [{"do": "colour", "temperature": -45}],
    "Vivid": [{"do": "colour", "saturation": 1.5, "contrast": 1.12}],
    "Faded": [{"do": "levels", "gamma": 1.25}, {"do": "colour", "saturation": 0.7, "contrast": 0.8}],
    "Dramatic": [{"do": "levels", "black": 24, "white": 232}, {"do": "colour", "contrast": 1.2, "saturation": 0.85}],
}


class ImageRetouch(Tool):
    """Change a picture by classical means, without any neural model."""

    id = "image.retouch"
    name = "Retouch"
    yields = IMAGE
    units = ("pictures",)
    rank = 3

    trial = {"operations": [{"do": "flip", "across": "horizontal"}]}

    class Input(ToolInput):
        """Which picture, and what is done to it, in this order."""

        image: UUID = Field(
            title="Picture",
            description="A picture from your library, by its id.",
            json_schema_extra={"widget": "picture"},
        )
        operations: Annotated[list[Operation], BeforeValidator(_from_form)] = Field(
            min_length=1,
            max_length=30,
            title="Operations",
            description="What is done to the picture, in this order.",
            json_schema_extra={"widget": "hidden"},
        )
        mask: UUID | None = Field(
            None,
            title="Mask",
            description="A picture of the same size, by its id: blur and inpaint work where it is white.",
            json_schema_extra={"widget": "hidden"},
        )
        format: Literal["png", "webp", "jpeg"] = Field(
            "png", title="File format", json_schema_extra={"widget": "hidden"}
        )
        quality: int = Field(
            95,
            ge=1,
            le=100,
            title="Quality",
            description="Of JPEG and WebP files.",
            json_schema_extra={"widget": "hidden"},
        )

        @model_validator(mode="after")
        def _masked(self) -> ImageRetouch.Input:
            if self.mask is None and (which := next((one.do for one in self.operations if one.do in MASKED), None)):
                raise ValueError(f"{which} needs a mask that says where")
            return self

    def most(self, input: Input) -> Amounts:
        return {"pictures": 1}

    def needs(self, input: Input) -> Sequence[Need]:
        image = Need("image", [input.image])
        return (image, Need("mask", [input.mask], like="image")) if input.mask else (image,)

    def title(self, input: Input) -> str:
        return "Retouched: " + ", ".join(dict.fromkeys(one.do for one in input.operations))
