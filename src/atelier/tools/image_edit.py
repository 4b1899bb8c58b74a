"""Change a picture by saying what shall be different."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import Field

from atelier.tools.tool import Kind, Tool, ToolInput, Units


class ImageEdit(Tool):
    """Change a picture by saying what shall be different."""

    id = "image.edit"
    name = "Edit"
    yields = Kind.IMAGE

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
        seed: int | None = Field(
            None,
            ge=0,
            le=2**31 - 1,
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

    def units(self, wish: Input) -> Units:
        return {"pictures": wish.count}

    def expected(self, wish: Input) -> int:
        return wish.count

    def files(self, wish: Input) -> Mapping[str, UUID]:
        return {"image": wish.image}

    def title(self, wish: Input) -> str:
        return " ".join(wish.instruction.split())[:200]

    def settle(self, wish: Input) -> Input:
        return wish if wish.seed is not None else wish.model_copy(update={"seed": secrets.randbelow(2**31)})
