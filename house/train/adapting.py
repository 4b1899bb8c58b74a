"""LoRA's linear layers in bf16 for training on a processor: one function there and back, a seventh faster than PEFT's.

PEFT copies what goes through an adapter to single precision, autocast copies it back, and products are scaled and added
one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.lora import Linear

ADAPTER = "default"


class _Adapted(torch.autograd.Function):
    """A frozen linear layer and its adapter: `x W' + b + (x D') U'`, with gradients of x, D and U alone."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, d: torch.Tensor, u: torch.Tensor) -> Any:
        """Of x (tokens, in), w (out, in), b (out), d (rank, in) and u (out, rank): (tokens, out)."""
        low = x @ d.T
        ctx.save_for_backward(x, w, d, u, low)
        return torch.addmm(b, x, w.T).addmm_(low, u.T)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        (g,), (x, w, d, u, low) = gradients, ctx.saved_tensors
        back = g @ u
        return (g @ w).addmm_(back, d) if ctx.needs_input_grad[0] else None, None, None, back.T @ x, g.T @ low


def adapted(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """What PEFT's layer makes of x (…, in) with its one adapter, whose scale is 1: (…, out) in bf16."""
    parts = layer.base_layer.weight, layer.base_layer.bias, layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
    flat = x.reshape(-1, x.shape[-1])
    with torch.autocast(x.device.type, enabled=False):
        found: torch.Tensor = _Adapted.apply(*(part.bfloat16() for part in (flat, *parts)))
    return found.view(*x.shape[:-1], -1)


def able(layer: Any) -> bool:
    """Whether one of PEFT's layers is what is computed here: with a bias, one adapter of scale 1, nothing dropped."""
    plain = layer.base_layer.bias is not None and layer.scaling == {ADAPTER: 1.0}
    return plain and isinstance(layer.lora_dropout[ADAPTER], torch.nn.Identity)


@contextmanager
def quick(wanted: bool) -> Iterator[None]:
    """Compute PEFT's linear layers this way for as long as it is wanted, and as before afterwards."""
    before = Linear.forward

    def forward(layer: Any, x: torch.Tensor, *rest: Any, **named: Any) -> Any:
        if layer.disable_adapters or not able(layer):
            return before(layer, x, *rest, **named)
        return adapted(layer, x)

    try:
        if wanted:
            Linear.forward = forward
        yield
    finally:
        Linear.forward = before
