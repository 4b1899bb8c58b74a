"""A good studio passes every check, and the audit leaves it as it was."""

from __future__ import annotations

from tests.ops.audit.conftest import Scene

from atelier.ops.audit import audit


async def test_a_good_studio_passes_every_check(scene: Scene) -> None:
    report = await audit(scene.studio, scene.app)
    assert [(result.id, result.evidence) for result in report.failed] == []
    assert len(report.results) >= 25
