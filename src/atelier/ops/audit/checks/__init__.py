"""All checks, in the order of the report; each module holds those of one subject."""

from __future__ import annotations

from types import ModuleType

from atelier.ops.audit.check import Check
from atelier.ops.audit.checks import (
    accounts,
    catalog,
    credentials,
    database,
    edge,
    factors,
    files,
    functions,
    guessing,
    isolation,
    jobs,
    leaving,
    libraries,
    limits,
    money,
    place,
    powers,
    records,
    recovery,
    routes,
    secrets,
    tokens,
)


def _of(module: ModuleType) -> list[Check]:
    return [found for found in vars(module).values() if isinstance(found, Check)]


SUBJECTS = (
    routes,
    limits,
    guessing,
    isolation,
    functions,
    powers,
    edge,
    secrets,
    factors,
    tokens,
    accounts,
    records,
    money,
    jobs,
    catalog,
    files,
    credentials,
    leaving,
    database,
    recovery,
    place,
    libraries,
)
CHECKS: tuple[Check, ...] = tuple(found for module in SUBJECTS for found in _of(module))
