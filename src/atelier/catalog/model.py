"""One model on offer: tool + engine + weights + licence + price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.jobs import rules
from atelier.tools import Amounts, Terms, tools
from atelier.tools.terms import parse_rate

# licences whose weights must not be sold (F7); the list names what the field's model cards use
NON_COMMERCIAL = ("cc-by-nc", "flux-1-dev", "non-commercial", "noncommercial", "non commercial", "research-only")

BILLED = ("pictures", "seconds", "input_tokens", "output_tokens")  # what a provider's bill may count

Rate = Annotated[Decimal, BeforeValidator(parse_rate)]


def forbids_selling(licence: str) -> bool:
    """Whether a licence forbids to take a price for what the model makes."""
    return any(word in licence.lower() for word in NON_COMMERCIAL)


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
    provider_model: Annotated[str, Field(max_length=200)] = ""  # what the engine's provider calls it
    cost: Mapping[str, Rate] = {}  # US dollars that the provider bills for one picture, second or token
    licence: Annotated[str, Field(min_length=1)]
    summary: Annotated[str, Field(max_length=300)] = ""
    understands: Annotated[str, Field(max_length=600)] = ""  # what to write, for the members who do
    words: Mapping[str, Annotated[list[str], Field(max_length=60)]] = {}  # that it knows, in groups
    defaults: Mapping[str, Any] = {}  # of the tool's fields, where this model wants others
    deadline: Annotated[int, Field(ge=1, le=rules.LONGEST)] = 120  # seconds that an attempt may take without progress
    vram_gb: Annotated[float, Field(ge=0)] = 0
    price: Mapping[str, Rate]  # credits for one of each unit that the tool counts; empty: free of charge

    @field_validator("tool")
    @classmethod
    def _known_tool(cls, tool: str) -> str:
        if tool not in tools():
            raise ValueError(f"no tool is called {tool!r}; there are {', '.join(tools())}")
        return tool

    @model_validator(mode="after")
    def _sold_only_by_right(self) -> Model:
        if forbids_selling(self.licence) and any(self.price.values()):
            raise ValueError(f"the licence {self.licence} forbids selling it: write price = {{}} or remove the model")
        return self

    @model_validator(mode="after")
    def _priced_by_what_is_counted(self) -> Model:
        counted = tools()[self.tool].units
        for unit, rate in self.price.items():
            if unit not in counted:
                raise ValueError(f"price: {self.tool} does not count {unit!r}; it counts {', '.join(counted)}")
            if not rate:
                raise ValueError(f"price: a rate of 0 for {unit!r}: write price = {{}} to offer it free of charge")
        return self

    @field_validator("cost")
    @classmethod
    def _billed_by_what_providers_count(cls, cost: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        for unit in cost:
            if unit not in BILLED:
                raise ValueError(f"no provider bills {unit!r}; write {', '.join(BILLED)}")
        return cost

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

    def terms(self, most: Amounts) -> Terms:
        """What a job of this model agrees on now, for at most `most`."""
        return Terms(
            engine=self.engine,
            rates=dict(self.price),
            most=dict(most),
            deadline=self.deadline,
            family=self.family,
            weights=self.weights,
            licence=self.licence,
            provider_model=self.provider_model,
            costs=dict(self.cost),
        )
