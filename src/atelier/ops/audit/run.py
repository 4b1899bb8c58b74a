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
from atelier.studio import Studio

LONGEST = 30.0  # seconds that one check may take


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
                results.append(await _result(check, ground))
                if done is not None:
                    done(results[-1])
    return Report(results)


async def blockers(studio: Studio, app: FastAPI) -> list[Result]:
    """The quick checks that fail and keep a studio from opening in production; for before the first request."""
    quick = [check for check in CHECKS if check.quick]
    return [result for result in (await audit(studio, app, checks=quick)).results if result.blocks]


async def _result(check: Check, ground: Ground) -> Result:
    try:
        async with asyncio.timeout(LONGEST):
            found = await check.run(ground)
    except TimeoutError:
        found = Evidence(False, f"The check did not come to its end within {LONGEST:.0f} s.")
    except AtelierError as error:
        found = Evidence(False, error.message)
    except Exception as error:  # what breaks a check is a finding, and the others go on
        reason = " ".join(str(error).split())[:300]
        found = Evidence(False, f"The check itself broke: {type(error).__name__}: {reason}")
    return Result(check.id, check.mission, check.title, check.severity, found.passed, found.sentence, check.remedy)
