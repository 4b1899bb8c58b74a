"""Muon (K. Jordan and others, 2024) with all matrices of one shape stepped together.

`torch.optim.Muon` steps matrix by matrix, which starves a GPU where a model is small. Steps are scaled to the size of
AdamW's (0.2 x sqrt of the longer side; Liu and others, 2025), as in `adjust_lr_fn="match_rms_adamw"`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

A, B, C = 3.4445, -4.775, 2.0315  # the quintic that pulls singular values towards 1


def age(optimizer: torch.optim.Optimizer) -> int:
    """Steps that an AdamW remembers; fewer than a clock's where weights came without it."""
    known: dict[str, Any] = next(iter(optimizer.state.values()), {})
    return int(known.get("step", 0))


def orthogonal(stack: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly, to a stack of them (count, rows, columns)."""
    x = stack.bfloat16()
    flip = x.size(-2) > x.size(-1)
    if flip:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = A * x + (B * square + C * square @ square) @ x
    return (x.mT if flip else x).to(stack.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, then the nearest orthogonal step, for matrices and for convolutions' kernels."""

    def __init__(self, matrices: Iterable[torch.Tensor], lr: float, momentum: float = 0.95) -> None:
        by_shape: dict[tuple[int, ...], list[torch.Tensor]] = {}
        for matrix in matrices:
            by_shape.setdefault(tuple(matrix.shape), []).append(matrix)
        super().__init__([{"params": group} for group in by_shape.values()], {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            gradients = torch.stack([p.grad.flatten(1) for p in params])  # a kernel counts as a matrix
            state = self.state[params[0]]  # one buffer for the whole group
            if "buffer" not in state:
                state["buffer"] = torch.zeros_like(gradients)
            buffer = state["buffer"]
            buffer.lerp_(gradients, 1 - group["momentum"])
            update = orthogonal(gradients.lerp_(buffer, group["momentum"]))
            scale = 0.2 * math.sqrt(max(update.shape[-2:]))
            steps = [step.view_as(p) for step, p in zip(update, params, strict=True)]
            torch._foreach_add_(params, steps, alpha=-group["lr"] * scale)
