"""The families of models that the engine `diffusers` knows: one file each, with its `FAMILY`, found by itself.

Nothing here imports torch: the web process asks a family which fields of a tool its models can use.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from atelier.engines.local.families.family import Family, Task

__all__ = ["Family", "Task", "families"]


@cache
def families() -> Mapping[str, Family]:
    """Every family by its id."""
    modules = (import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    return {module.FAMILY.id: module.FAMILY for module in modules if hasattr(module, "FAMILY")}
