"""GELU for training on a processor, by an exponential, which Inductor computes sooner than a hyperbolic tangent."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn


def gelu(x: torch.Tensor) -> torch.Tensor:
    """GELU with tanh (Hendrycks and Gimpel, 2016), x (1 + tanh u) / 2, written as x sigmoid(2 u), which it equals."""
    z = x.float()
    return (z * torch.sigmoid(math.sqrt(8 / math.pi) * (z + 0.044715 * z * z * z))).to(x.dtype)


class Gelu(nn.Module):
    """The same as a layer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return gelu(x)


def quicken(transformer: Any) -> None:
    """Let a FLUX transformer's blocks activate this way; compiled, for by itself it is slower."""
    for block in transformer.transformer_blocks:
        for forward in (block.ff, block.ff_context):
            forward.net[0].gelu = gelu
    for block in transformer.single_transformer_blocks:
        block.act_mlp = Gelu()
