"""Adapters (LoRA) from files: checked, put on a pipeline for one run, and taken off without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import SafetensorError, safe_open

from atelier.engines.engine import BadInput
from atelier.engines.memory import ran_out

HIGHEST_RANK = 256
NAME = "worn"
# of the metadata: "Stability AI Model Metadata Standard", modelspec 1.0
TRIGGER = "modelspec.trigger_phrase"
LONGEST_TRIGGER = 100


@contextmanager
def worn(pipe: Any, file: Path | None, scale: float) -> Iterator[str]:
    """The pipeline with an adapter at `scale` for as long as the block runs; its trigger phrase, or nothing.

    Raises `BadInput` for an adapter that cannot be read, has numbers that are none, or is for another base model. What
    the pipeline makes afterwards is what it made before, to the bit.
    """
    if file is None:
        yield ""
        return
    tensors, trigger = _read(file)
    try:
        _put_on(pipe, tensors)
        pipe.set_adapters([NAME], [scale])
        yield trigger
    finally:
        pipe.unload_lora_weights()


def with_trigger(prompt: str, trigger: str) -> str:
    """The prompt with an adapter's trigger phrase before it, unless it is in it already."""
    return prompt if not trigger or trigger.casefold() in prompt.casefold() else f"{trigger}, {prompt}"


def _read(file: Path) -> tuple[dict[str, Any], str]:
    try:
        with safe_open(file, "pt") as found:
            tensors = {name: found.get_tensor(name) for name in found.keys()}  # noqa: SIM118 - it is no dictionary
            trigger = str((found.metadata() or {}).get(TRIGGER, ""))[:LONGEST_TRIGGER].strip()
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput("This personal model cannot be read: it is no whole file of safetensors.") from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise BadInput("This personal model is damaged: it holds numbers that are none (NaN or infinite).")
        if name.endswith(("lora_A.weight", "lora_down.weight")) and tensor.shape[0] > HIGHEST_RANK:
            raise BadInput(f"This personal model has rank {tensor.shape[0]:,}; at most {HIGHEST_RANK} are taken.")
    return tensors, trigger


def _put_on(pipe: Any, tensors: dict[str, Any]) -> None:
    misfit = "This personal model was trained for another base model. Choose the model that it was trained for."
    try:
        pipe.load_lora_weights(dict(tensors), adapter_name=NAME)
    except (ValueError, KeyError, RuntimeError, TypeError, NotImplementedError) as error:
        if ran_out(error):  # which says nothing about the adapter
            raise
        raise BadInput(misfit) from error
    layers = [
        layer
        for part in pipe.components.values()
        if isinstance(part, torch.nn.Module)
        for layer in part.modules()
        if isinstance(layer, BaseTunerLayer) and NAME in getattr(layer, "lora_A", {})
    ]
    wanted = sum(name.endswith(("lora_A.weight", "lora_down.weight")) for name in tensors)
    if not layers or len(layers) < wanted:  # the rest would be left out without a word
        raise BadInput(misfit)
