"""One attempt at a job: the engine works, its results are kept, and its ending is decided. No transaction is held."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

from sqlalchemy import select, update

from atelier import assets
from atelier.assets import Asset, Kept
from atelier.assets.credentials import Ingredient, Origin
from atelier.base.db import Acting
from atelier.base.kinds import IMAGE, TEXT, kind_of
from atelier.base.log import get_log
from atelier.engines import (
    BrokeContract,
    Data,
    Given,
    Made,
    Measure,
    Output,
    Preview,
    Progress,
    Started,
    TextDelta,
    Usage,
    Work,
)
from atelier.jobs import Job
from atelier.jobs.measures import Measures
from atelier.jobs.tables import Claim
from atelier.media.refusals import Refused
from atelier.safety.filter import Action, Rule
from atelier.safety.safety import Judged
from atelier.spine.begin import NoSuchAsset
from atelier.spine.studio import Studio
from atelier.tools import Amounts, Need, Terms, Tool, find

MOST_INGREDIENTS = 16  # pictures that the credentials of a file name as what it was made from
Tell = Callable[[Made], Awaitable[None]]  # is told of everything that the engine yields, as it comes


@dataclass(slots=True)
class Results:
    """What an attempt has made so far."""

    job: Claim
    tool: Tool
    input: Any
    terms: Terms
    kept: dict[int, Kept] = field(default_factory=dict)
    usage: Counter[str] = field(default_factory=Counter)
    cost: Counter[str] = field(default_factory=Counter)
    reference: str | None = None  # where the work goes on elsewhere, if it does
    held_back: dict[int, str] = field(default_factory=dict)  # files that a filter refused, by position, and its id
    text: list[str] = field(default_factory=list)
    data: Any = None

    @property
    def used(self) -> Amounts:
        """What is charged for; raises `BrokeContract` if it is more than was agreed."""
        used = self.tool.used(self.input, len(self.kept), self.usage)
        if unit := self.terms.exceeded(used):
            most = self.terms.most.get(unit, 0)
            raise BrokeContract(f"{self.terms.engine} used {used[unit]:,} {unit} where {most:,} were agreed at most.")
        return used

    @property
    def result(self) -> Mapping[str, Any] | None:
        """What is no file, as `jobs.result` keeps it."""
        found = ({"text": "".join(self.text)} if self.text else {}) | ({"data": self.data} if self.data else {})
        return found or None


def open_results(job: Claim) -> Results:
    """The empty results of an attempt at a job; raises `UnknownTool` or `InvalidInput` for what no tool takes."""
    tool = find(job.tool)
    return Results(job, tool, tool.parse(job.input), Terms.from_json(job.terms), reference=job.reference)


async def make(studio: Studio, results: Results, tell: Tell) -> None:
    """Run the engine to its end: keep what it finishes in `results` and tell of everything it yields.

    Raises `EngineError` of the engine, `BrokeContract` for what no engine may yield, and errors of the store.
    """
    job = results.job
    measures = Measures(studio.worker_db, job.id, job.member_id)
    with _scratch(studio) as scratch:
        folder = Path(scratch)
        work = await _work(studio, results, folder)
        origin = await _origin(studio, results, work)
        judges = await _judges(studio, results)
        async with aclosing(studio.engines.get(job.queue).make(work)) as making:
            async for made in making:
                _check(results, isinstance(made, Made), f"a {type(made).__name__}")
                match made:
                    case Progress():
                        _check_position(results, made.position)
                    case Preview():
                        _check_position(results, made.position)
                        if judges:  # what may be held back in the end is not shown on the way
                            continue
                    case TextDelta(text):
                        _check(results, results.tool.yields is TEXT, "text")
                        results.text.append(text)
                    case Output():
                        judged = await _judged(studio, results, folder, made, judges)
                        if judged.action is Action.REFUSE:
                            results.held_back[made.position] = judged.filter
                        else:
                            kept = await _keep(studio, results, made, origin, cover=judged.action is Action.BLUR)
                            results.kept[made.position] = kept
                    case Data(value):
                        results.data = value
                    case Measure(name, step, value):
                        await measures.add(name, step, value)
                    case Started(reference):
                        results.reference = reference
                        await _remember(studio, job, reference)
                    case Usage(amounts, cost):
                        whole = all(isinstance(each, int) and each >= 0 for each in (*amounts.values(), *cost.values()))
                        _check(results, whole, f"a use of {dict(amounts)} for {dict(cost)}")
                        results.usage.update(amounts)
                        results.cost.update(cost)
                    case _:
                        assert_never(made)
                await tell(made)
        await measures.write()


async def _judges(studio: Studio, results: Results) -> Mapping[str, Rule]:
    """The rules that judge the job's files, as they are when it begins to be made."""
    if results.tool.yields is not IMAGE:
        return {}
    async with studio.worker_db.transaction(Acting.nobody()) as db:
        return await studio.safety.judges(db)


async def _judged(studio: Studio, results: Results, folder: Path, made: Output, judges: Mapping[str, Rule]) -> Judged:
    """What is done with a file, once it is what the engine may yield."""
    job, position = results.job, made.position
    _check_position(results, position)
    _check(results, position not in {*results.kept, *results.held_back}, f"the file {position} twice")
    _check(results, kind_of(made.content_type) is results.tool.yields, f"a file of type {made.content_type}")
    _check(results, await asyncio.to_thread(_lies_in, folder, made.path), "a file that is not in its folder")
    try:
        judged = await studio.safety.judge(judges, job.member_id, made.path)
    except Refused as refused:
        raise _unkept(results, made, refused) from refused
    if judged.action is not Action.OFF:
        score = round(judged.score, 3)
        get_log().info("safety:found", job=str(job.id), filter=judged.filter, action=judged.action, score=score)
    return judged


def _unkept(results: Results, made: Output, refused: Refused) -> BrokeContract:
    return BrokeContract(
        f"The engine {results.terms.engine} yielded a file of type {made.content_type} that cannot be kept:"
        f" {refused.message}"
    )


async def _keep(studio: Studio, results: Results, made: Output, origin: Origin | None, *, cover: bool) -> Kept:
    job, position = results.job, made.position
    settings = {
        "tool": job.tool,
        "model": job.model,
        "input": {**job.input, **made.settings},
        "position": position,
    }
    try:
        return await assets.keep_file(
            studio.assets.store,
            job.member_id,
            made.path,
            made.content_type,
            settings=settings,
            origin=origin,
            cover=cover,
        )
    except Refused as refused:
        raise _unkept(results, made, refused) from refused


async def _origin(studio: Studio, results: Results, work: Work) -> Origin | None:
    """What the credentials of the job's files say; None where the operator wants none. It opens no file."""
    identity = await studio.assets.credentials.identity(studio.worker_db)
    kind = studio.engines.kind(results.job.queue)
    if identity is None or kind is None or results.tool.yields is not IMAGE:
        return None
    pictures = (given for files in work.files.values() for given in files if kind_of(given.content_type) is IMAGE)
    made_of = [Ingredient(given.path, given.content_type) for given in pictures]
    return Origin(identity, kind.source, results.job.model, made_of[:MOST_INGREDIENTS])


def _lies_in(folder: Path, path: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _check_position(results: Results, position: int) -> None:
    _check(results, 0 <= position < results.job.expected, f"a file {position} where {results.job.expected} were asked")


def _check(results: Results, kept: bool, what: str) -> None:
    if not kept:
        raise BrokeContract(f"The engine {results.terms.engine} yielded {what}, which {results.tool.id} does not take.")


async def _remember(studio: Studio, job: Claim, reference: str) -> None:
    """Store where the work goes on, at once, if this attempt still owns the job."""
    mine = (Job.id == job.id, Job.attempt == job.attempt)
    async with studio.worker_db.transaction(Acting.member(job.member_id)) as db:
        await db.execute(update(Job).where(*mine).values(reference=reference))


async def _work(studio: Studio, results: Results, folder: Path) -> Work:
    """What the engine is given; the member's files are fetched before it begins."""
    job, terms = results.job, results.terms
    files = {need.field: await _given(studio, job, need, folder) for need in results.tool.needs(results.input)}
    weights = str(await asyncio.to_thread(studio.engines.place, terms.weights)) if terms.weights else ""
    return Work(job.id, job.tool, job.input, replace(terms, weights=weights), folder, files, job.reference)


async def _given(studio: Studio, job: Claim, need: Need, folder: Path) -> Sequence[Given]:
    """The files of a field, on this machine's disk; raises `NoSuchAsset` for what was deleted meanwhile."""
    kinds = [kind.id for kind in need.kinds]
    there = select(Asset).where(Asset.id.in_(need.ids), Asset.deleted_at.is_(None), Asset.kind.in_(kinds))
    async with studio.worker_db.transaction(Acting.member(job.member_id)) as db:
        found = {asset.id: asset for asset in (await db.execute(there)).scalars()}
    if any(asset_id not in found for asset_id in need.ids):
        raise NoSuchAsset(need.field, need.kinds)
    wanted = [found[asset_id] for asset_id in need.ids]
    return [Given(await studio.assets.store.local(asset.path, folder), asset.content_type) for asset in wanted]


def scratch_of(studio: Studio) -> Path:
    """Where attempts keep what they work with; each has a folder of its own in it."""
    return studio.home / "scratch"


def _scratch(studio: Studio) -> tempfile.TemporaryDirectory[str]:
    """An empty folder for one attempt; as a context it goes away with all that is in it."""
    above = scratch_of(studio)
    above.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=above, ignore_cleanup_errors=True)
