"""Runs the checks one after the other, each with an end, and lets none of them stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from fastapi import FastAPI

from atelier.base.errors import AtelierError
from atelier.ops.audit.check import Check, Evidence, Result
from atelier.ops.audit.checks import CHECKS
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.report import Report
from atelier.spine import Studio

LONGEST = 300.0  # seconds that one check may take
LONGEST_AT_START = 3.0
LATE = Evidence(False, f"The check did not come to its end within {LONGEST:.0f} s.")


async def audit(
    studio: Studio,
    app: FastAPI,
    *,
    only: Collection[str] | None = None,
    checks: Iterable[Check] = CHECKS,
    done: Callable[[Result], None] | None = None,
) -> Report:
    """Run all checks, or those whose ids are in `only`; `done` hears of each result as it comes."""
    results = []
    async with Ground(studio, app) as ground:
        for check in checks:
            if only is None or check.id in only:
                results.append(_result(check, await _try(check, ground, LONGEST) or LATE))
                if done is not None:
                    done(results[-1])
    return Report(results)


async def blockers(studio: Studio, app: FastAPI) -> list[Result]:
    """The quick checks that fail and keep a studio from opening in production; for before the first request.

    One that takes too long on a large studio is left to the whole audit: a restart must not wait for it.
    """
    found = []
    async with Ground(studio, app) as ground:
        for check in CHECKS:
            if check.at_start:
                evidence = await _try(check, ground, LONGEST_AT_START)
                if evidence is not None and not evidence.passed:
                    found.append(_result(check, evidence))
    return found


async def _try(check: Check, ground: Ground, longest: float) -> Evidence | None:
    """What the check found; None when it did not come to its end."""
    try:
        async with asyncio.timeout(longest):
            return await check.run(ground)
    except TimeoutError:
        return None
    except AtelierError as error:
        return Evidence(False, error.message)
    except Exception as error:  # what breaks a check is a finding, and the others go on
        reason = " ".join(str(error).split())[:300]
        return Evidence(False, f"The check itself broke: {type(error).__name__}: {reason}")


def _result(check: Check, found: Evidence) -> Result:
    return Result(check.id, check.mission, check.title, check.severity, found.passed, found.sentence, check.remedy)
