"""One model on offer: tool + engine + weights + licence + price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.jobs import rules
from atelier.tools import Units, tools

# licences whose weights must not be sold (F7); the list names what the field's model cards use
NON_COMMERCIAL = ("cc-by-nc", "flux-1-dev-non-commercial", "non-commercial", "research-only")


class UnknownModel(NotFound):
    """No model of that id is on offer, or it is switched off."""

    code = "unknown_model"

    def __init__(self, message: str) -> None:
        super().__init__("model", message)
        self.field = "model"


class ModelNotReady(Conflict):
    """The model is on offer, but what it needs is missing or damaged; the console says what."""

    code = "model_not_ready"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="model")


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
    family: str = ""  # what kind of model the weights are, where the engine knows several
    weights: str = ""  # where they lie: a folder, looked for in the data folder and then in the clone
    licence: Annotated[str, Field(min_length=1)]
    summary: Annotated[str, Field(max_length=300)] = ""
    understands: Annotated[str, Field(max_length=600)] = ""  # what to write, for the members who do
    words: Mapping[str, Annotated[list[str], Field(max_length=60)]] = {}  # that it knows, in groups
    defaults: Mapping[str, Any] = {}  # of the tool's fields, where this model wants others
    deadline: Annotated[int, Field(ge=1, le=rules.LONGEST)] = 120  # seconds that one attempt may take
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

    @model_validator(mode="after")
    def _defaults_fit(self) -> Model:
        fields = tools()[self.tool].Input.model_fields
        for name, value in self.defaults.items():
            if name not in fields:
                raise ValueError(f"defaults: {self.tool} has no field {name!r}")
            try:
                kind: Any = Annotated[fields[name].annotation, fields[name]]
                TypeAdapter(kind).validate_python(value)
            except ValidationError as error:
                raise ValueError(f"defaults: {name}: {error.errors()[0]['msg'].lower()}") from None
        return self

    def cost(self, units: Units) -> int:
        """The credits for so many units; units without a price are free."""
        return sum(self.price.get(unit, 0) * amount for unit, amount in units.items())
