"""The ledger, recomputed from its postings: whatever does not agree is named."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree: what, about which account, lot, transfer or hold, and both figures."""

    what: str
    subject: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.what} of {self.subject}: {self.found} where {self.expected} was expected"


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check: how much was read, and the differences (the first 1,000)."""

    balanced: bool
    accounts: int
    postings: int
    differences: list[Difference] = field(default_factory=list)


_SEES_ALL = text("SELECT session_user <> 'atelier_web' AND atelier_studio()")
_COUNTS = "SELECT 'counted', '', (SELECT count(*) FROM accounts), (SELECT count(*) FROM postings)"

# what, subject, expected, found; each part returns only what does not agree
_PARTS = (
    # every owned account's balance and number of lines
    """SELECT 'balance', 'account ' || a.id, coalesce(p.total, 0), a.balance
       FROM accounts a LEFT JOIN by_account p ON p.account_id = a.id
       WHERE a.member_id IS NOT NULL AND a.balance IS DISTINCT FROM coalesce(p.total, 0)""",
    """SELECT 'number of lines', 'account ' || a.id, coalesce(p.count, 0), a.lines
       FROM accounts a LEFT JOIN by_account p ON p.account_id = a.id
       WHERE a.member_id IS NOT NULL AND a.lines IS DISTINCT FROM coalesce(p.count, 0)""",
    "SELECT 'balance below zero', 'account ' || id, 0, balance FROM accounts WHERE balance < 0 AND kind <> 'debt'",
    "SELECT 'debt above zero', 'account ' || id, 0, balance FROM accounts WHERE balance > 0 AND kind = 'debt'",
    # every lot's rest, from what it began with and all that postings gave and took; and each wallet is its lots
    """SELECT 'rest', 'lot ' || coalesce(l.id, m.lot), coalesce(l.began, 0) + coalesce(m.total, 0), coalesce(l.rest, 0)
       FROM lots l FULL JOIN by_lot m ON m.lot = l.id
       WHERE coalesce(l.rest, 0) <> coalesce(l.began, 0) + coalesce(m.total, 0)""",
    """SELECT 'lots', 'account ' || coalesce(a.id, l.account_id), coalesce(a.balance, 0), coalesce(l.total, 0)
       FROM (SELECT id, balance FROM accounts WHERE kind = 'wallet') a FULL JOIN (
         SELECT account_id, sum(rest) AS total FROM lots GROUP BY account_id) l ON l.account_id = a.id
       WHERE coalesce(a.balance, 0) <> coalesce(l.total, 0)""",
    "SELECT 'open', 'lot ' || id, (rest > 0)::integer, open::integer FROM lots WHERE open <> (rest > 0)",
    """SELECT 'lots', h.kind || ' ' || h.id, h.amount, (SELECT sum(part) FROM unnest(h.parts) AS part)
       FROM holds h WHERE h.parts IS NOT NULL AND h.amount <> (SELECT sum(part) FROM unnest(h.parts) AS part)""",
    # every line's running balance, from the line before it
    """SELECT 'running balance', 'transfer ' || transfer_id || ' on account ' || account_id, expected, balance
       FROM (SELECT p.transfer_id, p.account_id, p.balance,
                    sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.line) AS expected
             FROM postings p JOIN accounts a ON a.id = p.account_id WHERE a.member_id IS NOT NULL) l
       WHERE balance IS DISTINCT FROM expected""",
    """SELECT 'owner', 'transfer ' || p.transfer_id || ' on account ' || p.account_id, 1, 0
       FROM postings p LEFT JOIN accounts a ON a.id = p.account_id
       WHERE a.id IS NULL OR a.member_id IS DISTINCT FROM p.member_id""",
    # every transfer sums to zero and moves its amount
    """SELECT 'sum', 'transfer ' || transfer_id, 0, rest FROM by_transfer WHERE rest <> 0""",
    """SELECT 'amount', 'transfer ' || coalesce(t.id, p.transfer_id), coalesce(t.amount, 0), coalesce(p.moved, 0)
       FROM transfers t FULL JOIN by_transfer p ON p.transfer_id = t.id
       WHERE t.amount IS DISTINCT FROM p.moved""",
    "SELECT 'total', 'all postings', 0, sum(rest) FROM by_transfer HAVING sum(rest) <> 0",
    # what a reversal takes back is what its transfer moved: of a settled hold, what was used
    """SELECT 'reversal', 'transfer ' || r.id, CASE t.kind WHEN 'settle' THEN h.used ELSE t.amount END, r.amount
       FROM transfers r LEFT JOIN transfers t ON t.id = r.reverses LEFT JOIN holds h ON h.id = t.hold_id
       WHERE r.reverses IS NOT NULL
         AND r.amount IS DISTINCT FROM CASE t.kind WHEN 'settle' THEN h.used ELSE t.amount END""",
    # every hold's escrow, what was used of it, and escrow as a whole
    """SELECT 'escrow', coalesce(h.kind, 'hold') || ' ' || coalesce(h.id, j.hold_id),
              CASE h.state WHEN 'held' THEN h.amount ELSE 0 END, coalesce(j.escrow, 0)
       FROM holds h FULL JOIN by_hold j ON j.hold_id = h.id
       WHERE CASE h.state WHEN 'held' THEN h.amount ELSE 0 END <> coalesce(j.escrow, 0)""",
    """SELECT 'revenue', coalesce(h.kind, 'hold') || ' ' || coalesce(h.id, j.hold_id), coalesce(h.used, 0),
              coalesce(j.used, 0)
       FROM holds h FULL JOIN by_hold j ON j.hold_id = h.id
       WHERE coalesce(h.used, 0) <> coalesce(j.used, 0)""",
    """SELECT 'escrow', 'all holds', held, escrow
       FROM (SELECT coalesce((SELECT sum(amount) FROM holds WHERE state = 'held'), 0) AS held,
                    coalesce((SELECT sum(p.total) FROM by_account p JOIN accounts a ON a.id = p.account_id
                              WHERE a.kind = 'escrow'), 0) AS escrow) e
       WHERE held <> escrow""",
)

_SUMS = """WITH by_account AS MATERIALIZED (
  SELECT account_id, sum(amount) AS total, count(*) AS count FROM postings GROUP BY account_id),
by_transfer AS MATERIALIZED (
  SELECT transfer_id, sum(amount) AS rest, sum(amount) FILTER (WHERE amount > 0) AS moved
  FROM postings GROUP BY transfer_id),
by_lot AS MATERIALIZED (
  SELECT m.lot, sum(m.part) AS total FROM postings p, unnest(p.lots, p.parts) AS m (lot, part) GROUP BY m.lot),
by_hold AS MATERIALIZED (
  SELECT t.hold_id, sum(p.amount) FILTER (WHERE a.kind = 'escrow') AS escrow,
         sum(p.amount) FILTER (WHERE a.kind IN ('revenue', 'payouts') AND t.reverses IS NULL) AS used
  FROM transfers t JOIN postings p ON p.transfer_id = t.id JOIN accounts a ON a.id = p.account_id
  WHERE t.hold_id IS NOT NULL GROUP BY t.hold_id),
different (what, subject, expected, found) AS ("""

# one statement, so that all of it sees the same moment while others go on writing
_FIRST = "UNION ALL (SELECT * FROM different LIMIT 1000)"
_CHECK = text(" ".join((_SUMS, " UNION ALL ".join(_PARTS), ")", _COUNTS, _FIRST)))


async def check(db: AsyncSession) -> Report:
    """Recompute every balance, lot, transfer and hold in one snapshot; for workers and operators, for the studio."""
    if not (await db.execute(_SEES_ALL)).scalar_one():
        raise Forbidden("Only the studio itself can check its ledger.")
    rows = (await db.execute(_CHECK)).all()
    accounts, postings = next((int(row[2]), int(row[3])) for row in rows if row[0] == "counted")
    differences = [
        Difference(row[0], row[1], int(row[2] or 0), int(row[3] or 0)) for row in rows if row[0] != "counted"
    ]
    return Report(not differences, accounts, postings, differences)
