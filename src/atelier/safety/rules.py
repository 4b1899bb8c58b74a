"""The operator's rules, one for each filter, as the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base import events
from atelier.base.db import Table
from atelier.base.errors import BadRequest
from atelier.safety.filter import CLEAR, Action, Filter, Rule, filters
from atelier.safety.filters.words import LONGEST

CHANNEL = "atelier_safety"  # a signal on it says that a rule changed


class SafetyRule(Table):
    """The operator's word on one filter; without a row it is off."""

    __tablename__ = "safety_rules"
    filter: Mapped[str] = mapped_column(Text, primary_key=True)
    action: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float]
    words: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[object] = mapped_column(DateTime(timezone=True), server_default="now()")


class BadRule(BadRequest):
    """A rule that cannot be kept."""

    code: ClassVar[str] = "bad_rule"


async def rules(db: AsyncSession) -> dict[str, Rule]:
    """Every filter's rule by the filter's id."""
    said = {row.filter: row for row in (await db.execute(select(SafetyRule))).scalars()}
    return {
        id: Rule(Action(said[id].action), said[id].threshold, said[id].words) if id in said else Rule()
        for id in filters()
    }


def rule_of(filter: Filter, written: Mapping[str, str]) -> Rule:
    """The rule that a form writes: {"action", "threshold", "words"}; raises `BadRule` for what is none."""
    action = written.get("action", "")
    if action not in filter.actions:
        raise BadRule("Choose what happens to what is found.", field="action")
    try:
        threshold = float(written.get("threshold") or CLEAR)
    except ValueError:
        threshold = -1.0
    if not 0.05 <= threshold <= 1:
        raise BadRule("The score is a number from 0.05 to 1.", field="threshold")
    words = "\n".join(line.strip() for line in written.get("words", "").splitlines() if line.strip())
    if len(words) > LONGEST:
        raise BadRule(f"The list has at most {LONGEST:,} characters.", field="words")
    return Rule(Action(action), threshold, words)


async def set_rule(db: AsyncSession, filter: Filter, rule: Rule, *, by: UUID) -> None:
    """Keep a rule; every process follows it from now on. Only for operators."""
    values = {"action": rule.action, "threshold": rule.threshold, "words": rule.words}
    written = insert(SafetyRule).values(filter=filter.id, **values)
    changed = {**values, "changed_at": func.now()}
    await db.execute(written.on_conflict_do_update(index_elements=["filter"], set_=changed))
    await events.record(
        db,
        "safety:rule",
        member=by,
        filter=filter.id,
        action=rule.action,
        threshold=rule.threshold,
        words=len(rule.words.splitlines()),
    )
