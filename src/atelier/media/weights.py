"""Weights from outside: safetensors, whose header is read with bounds and written anew. Runs in the child of `pool`.

The format: eight bytes that say how long the header is, the header as JSON, and the tensors' bytes without a gap
(https://github.com/huggingface/safetensors, "Format"). Nothing else is opened: a pickle can carry a program.
"""

from __future__ import annotations

import io
import json
import math
import shutil
from typing import Any, BinaryIO

from atelier.media.refusals import WeightsDamaged

BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
MOST_DIMENSIONS = 16
LARGEST_SIDE = 2**40
# what says how to use weights; the rest of the metadata may hold names, folders and the pictures' captions
USEFUL = ("format", "ss_base_model_version", "ss_network_module", "ss_network_dim", "ss_network_alpha")
LONGEST_VALUE = 500


def bring(source: BinaryIO, out: BinaryIO, *, header_megabytes: int, made: bool) -> dict[str, Any]:
    """Check weights, write them anew with a short header, and measure them; raises `WeightsDamaged`.

    Weights that were made here keep all of their metadata.
    """
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    length = int.from_bytes(source.read(8), "little")
    if length > header_megabytes * 1_000_000:
        raise _damaged(f"its header is said to have {length:,} bytes, and at most {header_megabytes} MB are taken")
    if size < 8 or length > size - 8:
        raise _damaged(f"its header is said to have {length:,} bytes, and the file ends before")
    tensors = _header(source.read(length))
    metadata = tensors.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(each, str) for each in metadata.values()):
        raise _damaged("its metadata is no list of texts")
    _check_places(tensors, size - 8 - length)
    kept = {
        name: value
        for name, value in metadata.items()
        if made or ((name in USEFUL or name.startswith("modelspec.")) and len(value) <= LONGEST_VALUE)
    }
    header = json.dumps(({"__metadata__": kept} if kept else {}) | tensors, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    out.write(len(header).to_bytes(8, "little") + header)
    shutil.copyfileobj(source, out, 1_000_000)
    counts = [math.prod(each["shape"]) for each in tensors.values()]
    measures = {"tensors": len(tensors), "parameters": sum(counts)}
    base = kept.get("modelspec.architecture") or kept.get("ss_base_model_version")
    rank = kept.get("ss_network_dim")
    types = sorted({each["dtype"] for each in tensors.values()})
    return {**measures, "types": types, **({"base": base} if base else {}), **({"rank": rank} if rank else {})}


def _header(written: bytes) -> dict[str, Any]:
    try:
        found = json.loads(written, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _damaged("its header is no JSON") from None
    if not isinstance(found, dict) or not set(found) - {"__metadata__"}:
        raise _damaged("its header names no tensor")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _check_places(tensors: dict[str, Any], size: int) -> None:
    """Each tensor has as many bytes as its type and shape need, and all of them fill the rest of the file."""
    places = []
    for name, each in tensors.items():
        said = repr(name[:60])
        if not isinstance(each, dict) or set(each) != {"dtype", "shape", "data_offsets"}:
            raise _damaged(f"the tensor {said} is not described as it should be")
        shape, offsets = each["shape"], each["data_offsets"]
        if each["dtype"] not in BITS:
            raise _damaged(f"the tensor {said} is of an unknown type")
        if not _whole(shape) or len(shape) > MOST_DIMENSIONS or not _whole(offsets) or len(offsets) != 2:
            raise _damaged(f"the tensor {said} has no shape or place that can be")
        if offsets[1] - offsets[0] != math.prod(shape) * BITS[each["dtype"]] // 8:
            raise _damaged(f"the tensor {said} has another size than its type and shape need")
        places.append((offsets[0], offsets[1]))
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise _damaged("its tensors overlap or leave a gap")
        at = end
    if at != size:
        raise _damaged(f"its tensors need {at:,} bytes, and the file has {size:,} for them")


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(each) is int and 0 <= each <= LARGEST_SIDE for each in numbers)


def _damaged(why: str) -> WeightsDamaged:
    return WeightsDamaged(f"These weights are damaged: {why}. Nothing was added.")
