"""Where it runs: a CUDA GPU in bf16 with compiled kernels, or the processor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

FIT = 4 * 256 * 256  # pixels at a time that stay in the caches of a processor: twice as fast


def pick(name: str | None = None) -> torch.device:
    """The named device, or the fastest here."""
    if name:
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def prepare(device: torch.device, seed: int, threads: int | None = None) -> None:
    """Seeds, and the settings that make this device fast."""
    torch.manual_seed(seed)
    torch._dynamo.config.recompile_limit = 256  # shapes, words alone or with a reference
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # workers are processes already
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        torch._dynamo.config.suppress_errors = True  # what can't be compiled runs as it is
    elif threads:
        torch.set_num_threads(threads)


@contextmanager
def beside(painters: int) -> Iterator[None]:
    """Leave a core of the processor to each painter: threads that share one wait for each other most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads - max(0, painters)))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def half_is_fast(device: torch.device) -> bool:
    """Whether a device has instructions for bf16, which are then several times as fast as single precision."""
    if device.type == "cpu":
        able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older ones cannot tell
        return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    return bool(device.type == "cuda")


def autocast(device: torch.device, half: bool) -> Any:
    """bf16 if it is wanted and fast here."""
    return torch.autocast(device.type, torch.bfloat16, enabled=half and half_is_fast(device))


def lean(device: torch.device, half: bool) -> bool:
    """Whether a processor computes in bf16, so that our own norms and attention, compiled for it, pay."""
    return bool(device.type == "cpu" and half and half_is_fast(device))


def compiled(module: Any, device: torch.device, wanted: bool | None = None) -> Any:
    """The module, compiled where that pays: on CUDA, or where it is asked for."""
    return torch.compile(module, dynamic=False) if (device.type == "cuda" if wanted is None else wanted) else module


def portions(pictures: torch.Tensor) -> list[torch.Tensor]:
    """A batch (count, channels, height, width) in parts that are fast: on a processor, such as stay in its caches."""
    few = len(pictures) if pictures.device.type == "cuda" else max(1, FIT // pictures[0, 0].numel())
    return list(pictures.split(few))
