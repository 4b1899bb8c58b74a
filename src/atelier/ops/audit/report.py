"""The report as JSON, Markdown, HTML, and the page of the docs that lists all checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from atelier.ops.audit.check import Check, Result, Severity
from atelier.ops.audit.checks import CHECKS


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one audit."""

    results: Sequence[Result]

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if not result.passed]

    @property
    def ready(self) -> bool:
        """Whether no blocker failed."""
        return not any(result.blocks for result in self.results)

    @property
    def summary(self) -> str:
        passed, failed = len(self.results) - len(self.failed), len(self.failed)
        state = "The studio is ready." if self.ready else "The studio is not ready."
        return f"{passed} of {len(self.results)} checks passed, {failed} failed. {state}"

    def as_json(self) -> dict[str, Any]:
        checks = [asdict(result) | {"mission": list(result.mission)} for result in self.results]
        return {"checks": checks, "passed": len(self.results) - len(self.failed), "failed": len(self.failed)}

    def as_markdown(self) -> str:
        rows = [(_mark(r), f"`{r.id}`", ", ".join(r.mission), r.title, r.evidence) for r in self.results]
        lines = ["# Audit", "", self.summary, "", *_table(("", "Check", "Mission", "What", "Evidence"), rows)]
        if self.failed:
            lines += ["", "## What to do", "", *(f"- `{r.id}` ({r.severity}): {r.remedy}" for r in self.failed)]
        return "\n".join(lines) + "\n"

    def as_html(self) -> str:
        rows = "".join(
            f'<tr class="{"passed" if r.passed else r.severity}"><td>{_mark(r)}</td>'
            f"<td><code>{escape(r.id)}</code></td><td>{escape(', '.join(r.mission))}</td><td>{escape(r.title)}</td>"
            f"<td>{escape(r.evidence)}{'' if r.passed else f'<p>{escape(r.remedy)}</p>'}</td></tr>\n"
            for r in self.results
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "Check", "Mission", "What", "Evidence"))
        return _PAGE.format(summary=escape(self.summary), head=head, rows=rows)


def audit_markdown(checks: Iterable[Check] = CHECKS, note: str = "") -> str:
    """The page of the docs about the audit: every check of this release, under a `note` on where it comes from."""
    known = list(checks)
    rows = [
        (f"`{c.id}`", ", ".join(c.mission), c.title, f"{c.severity}{', at start' if c.at_start else ''}") for c in known
    ]
    blocking = sum(c.severity is Severity.BLOCKER for c in known)
    lines = [
        "# The audit",
        "",
        *((note, "") if note else ()),
        "`atelier audit` proves that a studio is ready. Each line of its report is a check that ran on the open studio",
        "a moment ago, and for each check a test sabotages a studio and sees it fail.",
        "",
        f"Of its {len(known)} checks {blocking} are blockers: `atelier audit` exits with 1 when one fails, and",
        "`atelier serve` refuses to start in production when one of those marked *at start* does.",
        "",
        "The audit is safe on a live studio: what it writes belongs to two members of its own, who leave with it, or",
        "is rolled back; restores and migrations are tried on a database server of its own in a temporary folder.",
        "",
        *_table(("Check", "Mission", "What it proves", "If it fails"), rows),
        "",
        "## By mission",
        "",
        *_table(("Mission", "Checks"), _by_mission(known)),
    ]
    return "\n".join(lines) + "\n"


def _by_mission(checks: Sequence[Check]) -> list[tuple[str, str]]:
    """Each id of the mission with the checks that prove something of it."""
    ids = sorted({id for check in checks for id in check.mission}, key=lambda id: (id[0], int(id[1:])))
    return [(id, ", ".join(f"`{check.id}`" for check in checks if id in check.mission)) for id in ids]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    written = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in written]


def _mark(result: Result) -> str:
    return "✓" if result.passed else "✗" if result.severity is Severity.BLOCKER else "!"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Audit</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
color-scheme: light dark }} table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem;
border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) }}
.blocker td:first-child {{ color: #c22 }} .warning td:first-child {{ color: #b60 }}
.passed td:first-child {{ color: #283 }} p {{ margin: .3rem 0 0 }}
</style></head><body><h1>Audit</h1><p>{summary}</p>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}</tbody></table></body></html>
"""
