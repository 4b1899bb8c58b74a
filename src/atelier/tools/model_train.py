"""Train a personal model (LoRA) from photos."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from atelier.base.kinds import IMAGE, MODEL
from atelier.tools.seeds import SHORT, Seed
from atelier.tools.terms import Amounts
from atelier.tools.tool import Need, Tool, ToolInput

FEWEST, MOST = 5, 40  # photos
# What a member agrees to, by the version that a job keeps. A text that was agreed to is never changed: add a version.
CONSENTS: Mapping[str, str] = {
    "likeness-1": "I am the person in these photos, or that person has agreed to this model and to the pictures that I "
    "make with it. I can delete the model at any time.",
}
CONSENT = "likeness-1"  # the version in force
_WORD = re.compile(r"[a-z][a-z0-9]{2,30}")


class Plan(NamedTuple):
    """How a model is trained where nobody says otherwise."""

    rank: int
    steps: int
    rate: float


def plan(photos: int) -> Plan:
    """The defaults by the number of photos (A3)."""
    if photos < 10:
        return Plan(32, 1200, 1e-4)
    if photos < 15:
        return Plan(40, 1200, 1e-4)
    return Plan(48, 1400, 8e-5)


class ModelTrain(Tool):
    """Train a personal model from photos."""

    id = "model.train"
    name = "Personal model"
    yields = MODEL
    units = ("steps",)
    rank = 60

    class Input(ToolInput):
        """Which photos, how its subject is called in prompts, and how it is trained."""

        photos: list[UUID] = Field(
            title="Photos",
            min_length=FEWEST,
            max_length=MOST,
            description="Photos of one subject from your library, by their ids.",
            json_schema_extra={"widget": "hidden"},
        )
        trigger: str = Field(
            title="Trigger word",
            description="How the subject is called in prompts: a word that means nothing else.",
            examples=["userann"],
        )
        subject: Literal["person", "thing", "style"] = Field("person", title="What is in the photos")
        captions: list[str] = Field(
            [],
            max_length=MOST,
            title="Captions",
            description="What each photo shows besides the subject, one for each photo.",
            json_schema_extra={"widget": "hidden"},
        )
        consent: str = Field(
            "",
            validate_default=True,
            title="Consent",
            description=f"For a person, “{CONSENT}”: {CONSENTS[CONSENT]}",
            json_schema_extra={"widget": "hidden"},
        )
        lora_rank: int | None = Field(
            None, ge=1, le=128, title="Rank", json_schema_extra={"widget": "number", "advanced": True}
        )
        steps: int | None = Field(
            None, ge=10, le=4000, title="Steps", json_schema_extra={"widget": "number", "advanced": True}
        )
        learning_rate: float | None = Field(
            None, gt=0, le=0.1, title="Learning rate", json_schema_extra={"widget": "number", "advanced": True}
        )
        seed: Seed = Field(None, title="Seed", json_schema_extra={"widget": "seed", "advanced": True})

        @field_validator("photos")
        @classmethod
        def _each_once(cls, photos: list[UUID]) -> list[UUID]:
            if len(set(photos)) < len(photos):
                raise ValueError("names a photo twice")
            return photos

        @field_validator("trigger")
        @classmethod
        def _a_word(cls, trigger: str) -> str:
            if not _WORD.fullmatch(trigger):
                raise ValueError("takes 3 to 31 small letters and digits, and begins with a letter")
            return trigger

        @field_validator("consent")
        @classmethod
        def _given(cls, consent: str, info: ValidationInfo) -> str:
            if info.data.get("subject") == "person" and consent != CONSENT:
                raise ValueError(f"is needed for a person: send “{CONSENT}” if this is so: {CONSENTS[CONSENT]}")
            return consent

        @field_validator("captions")
        @classmethod
        def _one_each(cls, captions: list[str], info: ValidationInfo) -> list[str]:
            if captions and len(captions) != len(info.data.get("photos", ())):
                raise ValueError("must be one for each photo, in their order, or none")
            return captions

    def most(self, input: Any) -> Amounts:
        return {"steps": input.steps or plan(len(input.photos or ())).steps}

    def needs(self, input: Any) -> Sequence[Need]:
        return (Need("photos", input.photos, (IMAGE,)),)

    def title(self, input: Any) -> str:
        return str(input.trigger)

    def resolve(self, input: Any) -> Any:
        usual = plan(len(input.photos))
        chosen = {
            "lora_rank": input.lora_rank or usual.rank,
            "steps": input.steps or usual.steps,
            "learning_rate": input.learning_rate or usual.rate,
            "seed": input.seed if input.seed is not None else secrets.randbelow(SHORT),
        }
        return input.model_copy(update=chosen)
