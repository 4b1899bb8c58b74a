"""Make pictures from words."""

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

AspectRatio = Literal["3:4", "1:1", "4:3", "9:16", "16:9"]
# width and height in pixels, about the same area for each
SIZES: dict[AspectRatio, tuple[int, int]] = {
    "3:4": (768, 1024),
    "1:1": (896, 896),
    "4:3": (1024, 768),
    "9:16": (672, 1184),
    "16:9": (1184, 672),
}


class ImageGenerate(Tool):
    """Make pictures from words."""

    id = "image.generate"
    name = "Pictures"
    yields = IMAGE
    units = ("pictures",)
    rank = 1
    extras = frozenset({"image", "strength", "adapter"})

    class Input(ToolInput):
        """What to see and how; the defaults are the studio's, declared here and nowhere else (A4)."""

        prompt: str = Field(
            min_length=1,
            max_length=2000,
            title="Describe the picture",
            examples=["A red boat on a calm sea, bold flat poster"],
            json_schema_extra={"widget": "prompt"},
        )
        aspect_ratio: AspectRatio = Field("3:4", title="Shape", json_schema_extra={"widget": "aspect"})
        count: int = Field(4, ge=1, le=8, title="How many", json_schema_extra={"widget": "slider"})
        negative_prompt: str = Field(
            "",
            max_length=2000,
            title="Leave out",
            description="What must not be in the picture.",
            json_schema_extra={"widget": "text", "advanced": True},
        )
        steps: int = Field(
            32,
            ge=1,
            le=100,
            title="Steps",
            description="More take longer and show more detail.",
            json_schema_extra={"widget": "slider", "advanced": True},
        )
        guidance: float = Field(
            3.5,
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
        image: UUID | None = Field(
            None,
            title="Begin with",
            description="A picture from your library to begin with, by its id; the result has its shape.",
            json_schema_extra={"widget": "hidden"},
        )
        strength: float = Field(
            0.75,
            ge=0.05,
            le=1,
            title="Strength",
            description="How far the result may go from the picture that it begins with.",
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
        needs = [Need("image", [input.image])] if input.image else []
        return [*needs, Need("adapter", [input.adapter], (MODEL,))] if input.adapter else needs

    def title(self, input: Input) -> str:
        return one_line(input.prompt, 200)

    def resolve(self, input: Input) -> Input:
        return input if input.seed is not None else input.model_copy(update={"seed": secrets.randbelow(SHORT)})
