"""One model on offer: tool + engine + weights + licence + price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from atelier.base.errors import AtelierError, NotFound
from atelier.tools import Units, tools

# licences whose weights must not be sold (F7); the list names what the field's model cards use
NON_COMMERCIAL = ("cc-by-nc", "flux-1-dev-non-commercial", "non-commercial", "research-only")


class UnknownModel(NotFound):
    """No model of that id is on offer, or it is switched off."""

    code = "unknown_model"

    def __init__(self, message: str) -> None:
        super().__init__("model", message)
        self.field = "model"


class BadCatalog(AtelierError):
    """The catalog cannot be used; each fault names its line."""

    code = "bad_catalog"
    status = 500


class Model(BaseModel):
    """An entry of the catalog."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    tool: str
    engine: str
    weights: str = ""
    licence: Annotated[str, Field(min_length=1)]
    summary: Annotated[str, Field(max_length=300)] = ""
    deadline: Annotated[int, Field(ge=1, le=86_400)] = 120  # seconds that one attempt may take
    vram_gb: Annotated[float, Field(ge=0)] = 0
    price: Mapping[str, Annotated[int, Field(ge=0, le=1_000_000)]]  # credits for each unit that the tool counts

    @field_validator("tool")
    @classmethod
    def _known_tool(cls, tool: str) -> str:
        if tool not in tools():
            raise ValueError(f"no tool is called {tool!r}; there are {', '.join(tools())}")
        return tool

    @model_validator(mode="after")
    def _sold_only_by_right(self) -> Model:
        if any(word in self.licence.lower() for word in NON_COMMERCIAL) and any(self.price.values()):
            raise ValueError(f"the licence {self.licence} forbids to sell it: set its price to 0 or take it out")
        return self

    def cost(self, units: Units) -> int:
        """The credits for so many units; units without a price are free."""
        return sum(self.price.get(unit, 0) * amount for unit, amount in units.items())
