"""Group norm and SiLU in one go, for training on a processor, where PyTorch's own backward takes half of a step.

Both passes are a few sums over each channel and one sweep over the picture (Wu and He, 2018, for the formula), compiled
by Inductor for channels-last bf16.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def _sums(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.float()
    return x.sum((2, 3)), (x * x).sum((2, 3))


def _activate(x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    z = x.float() * scale[:, :, None, None] + shift[:, :, None, None]
    return (z * torch.sigmoid(z)).to(x.dtype)


def _slope(x: torch.Tensor, g: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    z = x.float() * scale[:, :, None, None] + shift[:, :, None, None]
    s = torch.sigmoid(z)
    return g.float() * s * (1 + z * (1 - s))


def _gradient_sums(
    x: torch.Tensor, g: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    d = _slope(x, g, scale, shift)
    return d.sum((2, 3)), (d * x.float()).sum((2, 3))


def _gradient(
    x: torch.Tensor, g: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor, by: torch.Tensor, plus: torch.Tensor
) -> torch.Tensor:
    d = _slope(x, g, scale, shift) * scale[:, :, None, None]
    return (d - x.float() * by[:, :, None, None] - plus[:, :, None, None]).to(x.dtype)


_compiled = {f: torch.compile(f, dynamic=False) for f in (_sums, _activate, _gradient_sums, _gradient)}


class _NormSilu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, groups: int, eps: float) -> Any:
        x = x.contiguous(memory_format=torch.channels_last)
        n, c, h, w = x.shape
        total, squares = _compiled[_sums](x)
        count = c // groups * h * w
        mean = total.view(n, groups, -1).sum(2) / count
        rstd = (squares.view(n, groups, -1).sum(2) / count - mean * mean).clamp(min=0).add(eps).rsqrt()
        mean, rstd = (v.repeat_interleave(c // groups, 1) for v in (mean, rstd))
        scale = rstd * weight
        shift = bias - mean * scale
        ctx.save_for_backward(x, weight, mean, rstd, scale, shift)
        ctx.groups = groups
        return _compiled[_activate](x, scale, shift)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        x, weight, mean, rstd, scale, shift = ctx.saved_tensors
        g = g.contiguous(memory_format=torch.channels_last)
        n, c, h, w = x.shape
        groups, each = ctx.groups, c // ctx.groups
        plain, moved = _compiled[_gradient_sums](x, g, scale, shift)
        hat = (moved - mean * plain) * rstd  # of the gradient times the normalised value

        def level(v: torch.Tensor) -> torch.Tensor:
            return ((v * weight).view(n, groups, each).sum(2) / (each * h * w)).repeat_interleave(each, 1)

        first, second = level(plain), level(hat)
        by = rstd * rstd * second
        plus = rstd * first - mean * by
        return _compiled[_gradient](x, g, scale, shift, by, plus), hat.sum(0), plain.sum(0), None, None


class NormSilu(nn.Module):
    """A group norm's weights, with SiLU after it."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.num_groups, self.eps = norm.num_groups, norm.eps
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _NormSilu.apply(x, self.weight, self.bias, self.num_groups, self.eps)


def fuse(model: Any) -> None:
    """Let every norm of an AutoencoderKL without attention do its SiLU as well; weights keep their names."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.GroupNorm):
                setattr(module, name, NormSilu(child))
        for name in ("nonlinearity", "conv_act"):
            if hasattr(module, name):
                setattr(module, name, nn.Identity())
