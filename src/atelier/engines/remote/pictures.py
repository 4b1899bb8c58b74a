"""What is common to remote engines of pictures: one question for each picture, its files, and what it cost."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from atelier.engines.engine import BrokeContract, Output, Progress, Unavailable, Usage, Work
from atelier.engines.remote.provider import Provider, resolved
from atelier.tools.seeds import seed_of
from atelier.tools.terms import Terms

SIGNATURES = (  # how files of pictures begin; a provider's own word about them is often wrong
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_BAR = re.compile(r"(\d+)/(\d+) \[")  # a progress bar of tqdm, as most models log one


def per_picture(work: Work, position: int) -> dict[str, Any]:
    """The input for the picture at a position: the job's, with a seed of the picture's own."""
    wanted = dict(work.input)
    if wanted.get("seed") is not None:
        wanted["seed"] = seed_of(int(wanted["seed"]), position)
    return wanted


async def fetch(provider: Provider, work: Work, position: int, url: str, settings: Mapping[str, Any]) -> Output:
    """The picture that a provider named, as a file in the work's folder: a `data:` address or one to download."""
    path = work.folder / f"output-{position}"
    if url.startswith("data:"):
        return await decode(provider, work, position, url.partition(",")[2], settings)
    await provider.download(resolved(provider, url), path)
    return Output(position, path, await asyncio.to_thread(_picture_type, path, provider.name), settings)


async def decode(provider: Provider, work: Work, position: int, encoded: str, settings: Mapping[str, Any]) -> Output:
    """The picture that came as base64, as a file in the work's folder."""
    path = work.folder / f"output-{position}"
    await asyncio.to_thread(_write, path, encoded, provider.name)
    return Output(position, path, await asyncio.to_thread(_picture_type, path, provider.name), settings)


def _write(path: Path, encoded: str, name: str) -> None:
    """Write a file that came as base64; raises `Unavailable` where it is none."""
    try:
        path.write_bytes(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise Unavailable(f"{name} answered something that is no file.") from None


def _picture_type(path: Path, name: str) -> str:
    """The content type of a picture by its first bytes; raises `BrokeContract` for anything else."""
    with path.open("rb") as file:
        head = file.read(16)
    for signature, content_type in SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    raise BrokeContract(f"{name} sent a file that is no PNG, JPEG or WebP picture.")


def first_file(output: Any) -> str | None:
    """The first address of a file in a prediction's output, which is one, a list, or a thing with several."""
    match output:
        case str() if output.startswith(("http://", "https://", "data:", "/")):
            return output
        case list():
            return next((found for each in output if (found := first_file(each))), None)
        case dict():
            return next((found for each in output.values() if (found := first_file(each))), None)
    return None


def step_in(logs: str, position: int) -> Progress | None:
    """How far a model says it is in its log, if it prints a progress bar."""
    bars = _BAR.findall(logs)
    if not bars:
        return None
    step, steps = map(int, bars[-1])
    return Progress(position, min(step, steps), steps) if steps else None


def bill(terms: Terms, **amounts: float) -> Usage:
    """What the provider bills by the model's own `cost`, in millionths of a dollar, with the amounts that it counts.

    `seconds` of its machine are kept as milliseconds, as {"usd_micro": 2500, "provider_ms": 4100}.
    """
    dollars = sum(
        (terms.costs.get(unit, Decimal(0)) * Decimal(str(amount)) for unit, amount in amounts.items()), Decimal(0)
    )
    cost = {"usd_micro": int((dollars * 1_000_000).to_integral_value(ROUND_HALF_UP))}
    if "seconds" in amounts:
        cost["provider_ms"] = round(amounts["seconds"] * 1000)
    return Usage(cost=cost | {unit: int(amount) for unit, amount in amounts.items() if unit.endswith("_tokens")})
