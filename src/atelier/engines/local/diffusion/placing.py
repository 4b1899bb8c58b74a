"""A pipeline's parts on a GPU by a plan, what they take there, and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers.hooks import apply_group_offloading

from atelier.engines.local.placement import Memory, Part, Parts, Placement, Plan, place

PAINTER, DECODER = "transformer", "vae"


class Card(Protocol):
    """A device whose memory is small: a GPU, or what a test puts in its place."""

    name: str
    device: Any

    def free(self) -> int:
        """Bytes that nobody has, and those that this process has."""
        ...

    def peak(self) -> int:
        """The most bytes that this process had since the last call."""
        ...

    def empty(self) -> None:
        """Give back what nothing uses any more."""
        ...


class Nvidia:
    """The NVIDIA card of this process."""

    def __init__(self) -> None:
        self.device = torch.device("cuda")
        self.name = torch.cuda.get_device_name()

    def free(self) -> int:
        return int(torch.cuda.mem_get_info()[0]) + int(torch.cuda.memory_reserved())

    def peak(self) -> int:
        most = int(torch.cuda.max_memory_reserved())
        torch.cuda.reset_peak_memory_stats()
        return most

    def empty(self) -> None:
        torch.cuda.empty_cache()


def card() -> Card | None:
    """The card of this process; None where pictures are made in the machine's own memory."""
    return Nvidia() if torch.cuda.is_available() else None


@dataclass(slots=True)
class Placing:
    """Places one pipeline on a card and remembers what its pictures took."""

    card: Card
    memory: Memory
    weights: str  # by which name its pictures are remembered
    placed: Placement | None = None
    _parts: Parts | None = None
    _free: int = 0

    def plan(self, pipe: Any, size: tuple[int, int], lower: int) -> Placement:
        """The plan for a picture of (width, height); what the pipeline has on the card already counts as free."""
        self._parts = self._parts or parts_of(pipe)
        self._free = self.card.free()
        return place(self._parts, self._free, size, self.memory.of(self.card.name, self.weights), lower=lower)

    def apply(self, pipe: Any, placed: Placement) -> None:
        """Place a pipeline that is in the machine's memory; raises what torch raises where the card has no room."""
        self.placed = placed
        apply(pipe, placed.plan, self.card.device)
        self.card.peak()

    def remember(self, size: tuple[int, int]) -> None:
        """A picture of that size was made."""
        if self.placed is not None and self._parts is not None:
            pixels, peak = size[0] * size[1], self.card.peak()
            self.memory.took(self.card.name, self.weights, self._parts, self.placed, pixels, peak)

    def ran_out(self, size: tuple[int, int]) -> None:
        """Memory ran out at a picture of that size."""
        if self.placed is not None:
            pixels = size[0] * size[1]
            self.memory.failed(self.card.name, self.weights, self.placed, pixels, self._free)


def name_of(folder: Path) -> str:
    return "/".join(folder.parts[-2:])


def parts_of(pipe: Any) -> Parts:
    """The parts of a pipeline with their sizes, as they lie in memory before they are placed."""
    modules = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    readers = [_part(name, part, _leaves) for name, part in modules.items() if name not in (PAINTER, DECODER)]
    return Parts(_part(PAINTER, modules[PAINTER], _blocks), readers, _part(DECODER, modules[DECODER], None))


def apply(pipe: Any, plan: Plan, device: Any) -> None:
    """Place the parts by a plan. A pipeline is placed once: it cannot be taken out of FP8 or out of its hooks again."""
    if plan in (Plan.FP8, Plan.FP8_READERS):
        painter = getattr(pipe, PAINTER)
        painter.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=painter.dtype)
    match plan:
        case Plan.RESIDENT | Plan.FP8:
            pipe.to(device)
        case Plan.OFFLOAD:
            pipe.enable_model_cpu_offload(device=device)
        case Plan.FP8_READERS:
            getattr(pipe, PAINTER).to(device)
            getattr(pipe, DECODER).to(device)
            _in_leaves(pipe, device)
        case Plan.GROUP:
            getattr(pipe, PAINTER).enable_group_offload(
                onload_device=device, offload_type="block_level", num_blocks_per_group=1, **_streamed(device)
            )
            getattr(pipe, DECODER).to(device)
            _in_leaves(pipe, device)


def _in_leaves(pipe: Any, device: Any) -> None:
    for name, part in pipe.components.items():
        if isinstance(part, torch.nn.Module) and name not in (PAINTER, DECODER):
            apply_group_offloading(part, onload_device=device, offload_type="leaf_level", **_streamed(device))


def _streamed(device: Any) -> dict[str, bool]:
    """The next layer comes while one works, where a device can do both."""
    return {"use_stream": True, "low_cpu_mem_usage": True} if device.type == "cuda" else {}


def _part(name: str, module: Any, layers: Any) -> Part:
    sizes: dict[str, int] = {}
    for each in (*module.parameters(), *module.buffers()):
        kind = str(each.dtype).removeprefix("torch.")
        sizes[kind] = sizes.get(kind, 0) + each.numel() * each.element_size()
    found = [_size(each) for each in layers(module)] if layers is not None else []
    return Part(name, sizes, max(found, default=0), max(0, sum(sizes.values()) - sum(found)))


def _size(module: Any) -> int:
    return sum(each.numel() * each.element_size() for each in (*module.parameters(), *module.buffers()))


def _blocks(module: Any) -> list[Any]:
    """What group offloading moves of a transformer: the members of its lists of layers."""
    return [
        block
        for child in module.children()
        if isinstance(child, torch.nn.ModuleList | torch.nn.Sequential)
        for block in child
    ]


def _leaves(module: Any) -> list[Any]:
    return [each for each in module.modules() if not any(True for _ in each.children())]
