"""The chain of filters as the spine asks it: words before a run begins, pictures before they are kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import AtelierError, BadRequest
from atelier.safety.filter import Action, Filter, PictureFilter, Place, Rule, WordFilter, filters
from atelier.safety.rules import rules

FRESH = 60.0  # seconds after which rules are read again, should a signal have been lost


class HeldBack(BadRequest):
    """Words that the studio's rules do not allow; nothing was written or charged."""

    code: ClassVar[str] = "words_refused"


class NotReady(AtelierError):
    """A rule asks for a filter that cannot work here. Nothing is made meanwhile rather than made unchecked."""

    code: ClassVar[str] = "safety_not_ready"
    status: ClassVar[int] = 503
    retry: ClassVar[bool] = True

    def __init__(self, why: str) -> None:
        super().__init__("The studio's safety check cannot work just now, so no picture is made. Nothing was charged.")
        self.why = why


class Judged(NamedTuple):
    """What is done with a picture, and the highest score that a filter gave it."""

    action: Action
    score: float
    filter: str = ""


@dataclass(slots=True)
class Safety:
    """The rules in force, read when they are first needed and again after a signal.

    `given` are filters of tests; without them those of this release judge.
    """

    weights: Path
    given: Mapping[str, Filter] | None = None
    _rules: Mapping[str, Rule] | None = field(default=None, repr=False)
    _read_at: float = 0.0

    @property
    def filters(self) -> Mapping[str, Filter]:
        return self.given if self.given is not None else filters()

    @property
    def place(self) -> Place:
        return Place(self.weights)

    def forget(self, _said: str = "") -> None:
        """Read the rules again when they are next needed."""
        self._rules = None

    async def rules(self, db: AsyncSession) -> Mapping[str, Rule]:
        """Each filter's rule by its id."""
        if self._rules is None or time.monotonic() - self._read_at > FRESH:
            self._rules, self._read_at = await rules(db), time.monotonic()
        return self._rules

    async def check_words(self, db: AsyncSession, written: Mapping[str, str]) -> None:
        """Refuse a run by what a member wrote, field by field; raises `HeldBack`."""
        found = await self.rules(db)
        for filter in self.filters.values():
            rule = found.get(filter.id, Rule())
            if not isinstance(filter, WordFilter) or rule.action is Action.OFF:
                continue
            for name, text in written.items():
                if (what := filter.found(rule, text)) is not None:
                    raise HeldBack(f"This studio does not allow “{what[:100]}” here. Nothing was charged.", field=name)

    async def check_ready(self, db: AsyncSession) -> None:
        """Raise `NotReady` if pictures are to be judged by a filter that cannot work here."""
        for filter, _ in await self._judges(db):
            if why := filter.lack(self.place):
                raise NotReady(why)

    async def judges_pictures(self, db: AsyncSession) -> bool:
        """Whether any picture may be covered or held back, so that previews of it are not shown either."""
        return bool(await self._judges(db))

    async def judge(self, judges: Mapping[str, Rule], owner: UUID, file: Path) -> Judged:
        """What `judges` do with a picture: the first filter that refuses it decides, else one that covers it."""
        verdict = Judged(Action.OFF, 0.0)
        for id, rule in judges.items():
            filter = self.filters[id]
            assert isinstance(filter, PictureFilter)
            if why := filter.lack(self.place):
                raise NotReady(why)
            score = await filter.score(self.place, owner, file)
            if score >= rule.threshold:
                verdict = Judged(rule.action, score, id)
                if rule.action is Action.REFUSE:
                    return verdict
        return verdict

    async def judges(self, db: AsyncSession) -> dict[str, Rule]:
        """The rules that judge pictures now, by their filters' ids."""
        return {filter.id: rule for filter, rule in await self._judges(db)}

    async def _judges(self, db: AsyncSession) -> list[tuple[PictureFilter, Rule]]:
        found = await self.rules(db)
        each = [(filter, found.get(filter.id, Rule())) for filter in self.filters.values()]
        return [(f, rule) for f, rule in each if isinstance(f, PictureFilter) and rule.action is not Action.OFF]
