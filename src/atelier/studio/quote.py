"""What a wish costs, before anybody pays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from atelier.catalog import Catalog, Model, ModelNotReady, UnknownModel
from atelier.tools import Tool, find


@dataclass(frozen=True, slots=True)
class Quote:
    """A validated wish with the model that would make it and its price in credits."""

    tool: Tool
    model: Model
    wish: Any
    price: int

    @property
    def counted(self) -> str:
        """What is paid for, as a statement says it: `4 pictures`. It stands for ever, so it quotes nothing."""
        units = self.tool.units(self.wish).items()
        return ", ".join(f"{count:,} {what.removesuffix('s') if count == 1 else what}" for what, count in units)


def quote(
    catalog: Catalog, tool_id: str, model_id: str | None, raw: Mapping[str, Any], *, off: Collection[str] = ()
) -> Quote:
    """Validate and price a wish; raises `UnknownTool`, `UnknownModel`, `ModelNotReady` or `InvalidInput`.

    Without a model it is the tool's first that can work and is not `off`. Writes nothing.
    """
    tool = find(tool_id)
    offered = catalog.current
    model = offered.find(model_id) if model_id else offered.default(tool_id, off)
    if model.tool != tool_id:
        raise UnknownModel(f"The model {model.name} makes something else.")
    if model.id in offered.lacks:
        raise ModelNotReady(f"{model.name} is not ready on this studio just now. Choose another model.")
    wish = tool.parse({**model.defaults, **raw})
    return Quote(tool, model, wish, model.cost(tool.units(wish)))
