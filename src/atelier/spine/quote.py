"""What a request costs, before anybody pays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from atelier.catalog import Catalog, Model, ModelNotReady, UnknownModel
from atelier.jobs.rules import LONGEST
from atelier.tools import Terms, Tool, find
from atelier.tools.parent import ParentTool
from atelier.tools.tool import InvalidInput


@dataclass(frozen=True, slots=True)
class Quote:
    """A validated input with the model that would make it, and the terms on which it would."""

    tool: Tool
    model: Model | None  # None for a parent, which only begins other jobs
    input: Any
    terms: Terms

    @property
    def model_id(self) -> str:
        return self.model.id if self.model is not None else ""

    @property
    def model_name(self) -> str:
        return self.model.name if self.model is not None else self.tool.name

    @property
    def price(self) -> int:
        """Credits that are held: the most that the job can cost."""
        return self.terms.held

    @property
    def counted(self) -> str:
        """What is paid for, as a statement shows it for ever: `4 pictures`. It never quotes the member's words."""
        units = self.terms.most.items()
        return ", ".join(f"{count:,} {unit.removesuffix('s') if count == 1 else unit}" for unit, count in units)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a form would cost as it is filled in so far, and how many files it would yield."""

    price: int
    files: int


def estimate(tool: Tool, model: Model, raw: Mapping[str, Any]) -> Estimate:
    """The price of a form, finished or not: the same that `quote` asks for it once it is right."""
    draft = tool.draft({**model.defaults, **raw})
    return Estimate(model.terms(tool.most(draft)).held, tool.expected(draft))


def quote(
    catalog: Catalog, tool_id: str, model_id: str | None, raw: Mapping[str, Any], *, off: Collection[str] = ()
) -> Quote:
    """Validate and price a request; raises `UnknownTool`, `UnknownModel`, `ModelNotReady` or `InvalidInput`.

    Without a model it takes the tool's first that can work and is not `off`. Writes nothing.
    """
    tool = find(tool_id)
    if isinstance(tool, ParentTool):
        if model_id:
            raise UnknownModel(f"{tool.name} takes no model.")
        return Quote(tool, None, tool.parse(raw), Terms("studio", rates={}, most={}, deadline=LONGEST))
    offered = catalog.current
    model = offered.find(model_id) if model_id else offered.default(tool_id, off)
    if model.tool != tool_id:
        raise UnknownModel(f"The model {model.name} makes something else.")
    if model.id in offered.lacks:
        raise ModelNotReady(f"{model.name} is not ready on this studio just now. Choose another model.")
    input = tool.parse({**model.defaults, **raw})
    usable, fields = offered.extras(model), tool.Input.model_fields
    if unusable := {
        name: f"{model.name} cannot use this. Leave it out, or choose another model."
        for name in sorted(tool.extras - usable)
        if getattr(input, name) != fields[name].get_default(call_default_factory=True)
    }:
        raise InvalidInput(unusable)
    return Quote(tool, model, input, model.terms(tool.most(input)))
