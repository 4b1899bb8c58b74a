"""What makes things: one file for each runtime or provider. An engine sees its work and nothing of the studio."""

from atelier.engines.engine import (
    BadInput,
    Crashed,
    Engine,
    EngineError,
    Made,
    Output,
    Preview,
    Progress,
    Refused,
    Unavailable,
    Unfit,
    Usage,
    Work,
)
from atelier.engines.registry import Engines

__all__ = [
    "BadInput",
    "Crashed",
    "Engine",
    "EngineError",
    "Engines",
    "Made",
    "Output",
    "Preview",
    "Progress",
    "Refused",
    "Unavailable",
    "Unfit",
    "Usage",
    "Work",
]
