"""The models on offer: a TOML file that the operator edits, applied without a restart, and their switches."""

from atelier.catalog.catalog import Catalog, Snapshot
from atelier.catalog.model import BadCatalog, Model, ModelNotReady, UnknownModel
from atelier.catalog.switches import switch, switched_off

__all__ = ["BadCatalog", "Catalog", "Model", "ModelNotReady", "Snapshot", "UnknownModel", "switch", "switched_off"]
