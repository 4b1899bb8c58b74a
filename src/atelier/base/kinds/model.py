"""Weights of personal models, as adapters and voices are: safetensors alone, which cannot carry a program."""

from atelier.base.kinds.kind import Kind

MODEL = Kind(
    id="model",
    rank=40,
    one="personal model",
    several="Personal models",
    icon="model",
    types={"application/vnd.safetensors": "safetensors"},
    verb="bring_weights",
    formats="safetensors",
    marks={"application/vnd.safetensors": rb".{8}\{"},
    names={"safetensors": "application/vnd.safetensors"},
    limits={"megabytes": 2000, "header_megabytes": 16},
)
