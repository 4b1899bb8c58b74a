"""Adapters for the tiny pipelines: `python -m tests.engines.tiny_adapter CLASS WEIGHTS FILE [FAULT]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import diffusers
import torch
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file

TRIGGER = "userann"


def write(kind: str, weights: Path, file: Path, fault: str = "") -> None:
    """An adapter of rank 4 that changes what is painted, with a trigger word."""
    torch.manual_seed(3)
    pipe: Any = getattr(diffusers, kind).from_pretrained(weights)
    rank = 300 if fault == "rank" else 4
    pipe.transformer.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=["to_q", "to_k", "to_v"]))
    found = get_peft_model_state_dict(pipe.transformer)
    tensors = {f"transformer.{name}": torch.randn_like(tensor) * 0.5 for name, tensor in found.items()}
    if fault == "nan":
        next(iter(tensors.values()))[0, 0] = float("nan")
    if fault == "part":
        tensors["transformer.transformer_blocks.99.attn.to_q.lora_A.weight"] = torch.zeros(4, 32)
        tensors["transformer.transformer_blocks.99.attn.to_q.lora_B.weight"] = torch.zeros(32, 4)
    save_file(tensors, file, {"format": "pt", "modelspec.trigger_phrase": TRIGGER})


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
