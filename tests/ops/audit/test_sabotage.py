"""Each check is shown to fail: a studio is sabotaged, and exactly that check sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from fastapi.routing import APIRoute
from tests.ops.audit.conftest import Scene
from tests.ops.audit.sabotage import ASKED, SABOTAGES, Sabotage

from atelier.ops.audit import CHECKS, audit
from atelier.ops.audit.checks import foreign
from atelier.ops.audit.guests import Maker

Requests = Callable[[APIRoute, Maker], Iterator[foreign.Request]]

# run beside the check that is tried only when they are the one: each takes a second or more, or a server of its own
SLOW = {
    "routes.signed_out",
    "routes.operators",
    "routes.strangers",
    "isolation.sql",
    "isolation.functions",
    "accounts.keys",
    "accounts.signed_out",
    "accounts.roles",
    "console.opens",
    "edge.policy",
    "guessing.locks",
    "records.kept",
    "edge.cookies",
    "secrets.passwords",
    "secrets.log",
    "factors.half",
    "tokens.hashed",
    "tokens.scopes",
    "tokens.reading",
    "tokens.reuse",
    "tokens.ended",
    "jobs.engines",
    "files.lies",
    "database.migrations",
    "recovery.backup",
    "libraries.licences",
}

# checks that rightly see another's sabotage as well, and why
SEE_IT_TOO = {
    "a_table_without_owner_that_names_members": {"leaving.covered"},  # nobody said what becomes of it when they leave
    "a_role_that_may_empty_tables": {"records.final"},  # who may empty every table may empty the trail
    "everybody_is_somebody": {"limits.refused"},  # whoever is let in is refused nothing
    # these replace or add a function by hand
    "a_door_that_forgets": {"database.functions"},
    "a_database_that_forgets_what_was_used": {"database.functions"},
    "keys_that_never_end": {"database.functions"},
    "a_welcome_for_everybody": {"database.functions"},
    "a_function_that_asks_nobody_who_they_are": {"database.functions"},
    "a_function_that_changes_anybodys": {"database.functions"},
    "terms_that_were_changed_afterwards": {"money.terms"},  # the seal covers the terms as well
    "a_signed_picture_that_was_painted_over": {"files.whole"},  # its checksum changed as well
    "a_trail_that_believes_what_is_claimed": {"database.functions"},
    "keys_that_are_forgotten": {"database.functions"},
    "facts_that_are_lost": {"database.functions"},
}


def test_every_check_has_its_sabotage() -> None:
    assert {check.id for check in CHECKS} == SABOTAGES.keys()


@pytest.mark.parametrize(
    ("check", "sabotage"),
    [
        pytest.param(check, sabotage, id=f"{check}-{sabotage.__name__}")
        for check, sabotages in SABOTAGES.items()
        for sabotage in sabotages
    ],
)
async def test_exactly_that_check_fails(
    check: str, sabotage: Sabotage, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sabotage(scene, monkeypatch)
    if under := ASKED.get(sabotage.__name__):
        monkeypatch.setattr(foreign, "requests", partial(_requests, foreign.requests, under))
    beside = {each.id for each in CHECKS} - SLOW
    report = await audit(scene.studio, scene.app, only=beside | {check})
    failed = {result.id: result.evidence for result in report.failed}
    assert failed.keys() == {check} | SEE_IT_TOO.get(sabotage.__name__, set())
    assert not [evidence for evidence in failed.values() if "The check itself broke" in evidence]


def _requests(found: Requests, under: str, route: APIRoute, maker: Maker) -> Iterator[foreign.Request]:
    return found(route, maker) if route.path_format.startswith(under) else iter(())
