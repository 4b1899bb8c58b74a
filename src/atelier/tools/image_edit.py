"""Change a picture by saying what shall be different."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from atelier.base.kinds import IMAGE, MODEL
from atelier.base.text import one_line
from atelier.tools.seeds import SHORT, Seed
from atelier.tools.terms import Amounts
from atelier.tools.tool import Need, Tool, ToolInput

MOST_EXTENDED = 2048  # pixels at one border


class Extend(ToolInput):
    """How far a picture is extended beyond each border, in pixels."""

    left: int = Field(0, ge=0, le=MOST_EXTENDED)
    top: int = Field(0, ge=0, le=MOST_EXTENDED)
    right: int = Field(0, ge=0, le=MOST_EXTENDED)
    bottom: int = Field(0, ge=0, le=MOST_EXTENDED)


class ImageEdit(Tool):
    """Change a picture by saying what shall be different."""

    id = "image.edit"
    name = "Edit"
    yields = IMAGE
    units = ("pictures",)
    rank = 2
    extras = frozenset({"mask", "references", "extend", "strength", "adapter"})

    class Input(ToolInput):
        """Which picture and what shall be different; the result has the picture's shape."""

        image: UUID = Field(
            title="Picture",
            description="A picture from your library, by its id.",
            json_schema_extra={"widget": "picture"},
        )
        instruction: str = Field(
            min_length=1,
            max_length=2000,
            title="Say what shall be different",
            examples=["Make the boat yellow"],
            json_schema_extra={"widget": "prompt"},
        )
        references: list[UUID] = Field(
            [],
            max_length=4,
            title="Further pictures",
            description="Pictures from your library to look at, by their ids.",
            json_schema_extra={"widget": "hidden"},
        )
        mask: UUID | None = Field(
            None,
            title="Mask",
            description="A picture of the same size, by its id: what is white in it is painted anew, the rest stays.",
            json_schema_extra={"widget": "hidden"},
        )
        extend: Extend | None = Field(
            None,
            title="Extend the borders",
            description="Pixels to paint beyond each border: left, top, right and bottom.",
            json_schema_extra={"widget": "hidden"},
        )
        strength: float = Field(
            1.0,
            ge=0.05,
            le=1,
            title="Strength",
            description="How far the part under the mask may go from what was there.",
            json_schema_extra={"widget": "hidden"},
        )
        adapter: UUID | None = Field(
            None,
            title="Personal model",
            description="A personal model (LoRA) from your library, by its id; its trigger word enters the prompt.",
            json_schema_extra={"widget": "adapter"},
        )
        lora_scale: float = Field(
            1.0,
            ge=0,
            le=2,
            title="Personal model strength",
            description="How strongly a personal model shows, where one is used.",
            json_schema_extra={"widget": "hidden"},
        )
        count: int = Field(1, ge=1, le=4, title="How many", json_schema_extra={"widget": "slider"})
        steps: int = Field(
            28,
            ge=1,
            le=100,
            title="Steps",
            description="More take longer and show more detail.",
            json_schema_extra={"widget": "slider", "advanced": True},
        )
        guidance: float = Field(
            2.5,
            ge=0,
            le=20,
            title="Guidance",
            description="How closely to follow the words.",
            json_schema_extra={"widget": "slider", "step": 0.5, "advanced": True},
        )
        seed: Seed = Field(
            None,
            title="Seed",
            description="The same seed and words make the same picture.",
            json_schema_extra={"widget": "seed", "advanced": True},
        )
        format: Literal["png", "webp", "jpeg"] = Field(
            "png", title="File format", json_schema_extra={"widget": "select", "advanced": True}
        )
        quality: int = Field(
            100,
            ge=1,
            le=100,
            title="Quality",
            description="Of JPEG and WebP files.",
            json_schema_extra={"widget": "hidden"},
        )

    def most(self, input: Input) -> Amounts:
        return {"pictures": input.count}

    def expected(self, input: Input) -> int:
        return input.count

    def needs(self, input: Input) -> Sequence[Need]:
        needs = [Need("image", [input.image]), Need("references", input.references)]
        needs += [Need("mask", [input.mask], like="image")] if input.mask else []
        needs += [Need("adapter", [input.adapter], (MODEL,))] if input.adapter else []
        return [need for need in needs if need.ids]

    def title(self, input: Input) -> str:
        return one_line(input.instruction, 200)

    def resolve(self, input: Input) -> Input:
        return input if input.seed is not None else input.model_copy(update={"seed": secrets.randbelow(SHORT)})
