"""A good studio passes every check, and the audit leaves it as it was."""

from __future__ import annotations

import psycopg
import pytest
from tests.ops.audit.conftest import Scene

from atelier.ops.audit import CHECKS, Evidence, Severity, audit, audit_markdown, blockers
from atelier.ops.audit.check import check
from atelier.ops.audit.checks import recovery
from atelier.ops.audit.ground import Ground


async def test_a_new_studio_passes_what_is_asked_at_its_start(scene: Scene) -> None:
    report = await audit(scene.studio, scene.app, only={check.id for check in CHECKS if check.quick})
    assert [(result.id, result.evidence) for result in report.failed] == []
    assert len(report.results) >= 25


async def test_a_good_studio_passes_every_check_and_is_left_as_it_was(scene: Scene) -> None:
    await scene.job(await scene.member())
    scene.worker(silent_for="-10 minutes")  # its next sign of life, so that a slow machine does not make it silent
    before = _everything(scene)
    report = await audit(scene.studio, scene.app)
    assert [(result.id, result.evidence) for result in report.failed] == []
    assert len(report.results) == len(CHECKS)
    assert _everything(scene) == before


async def test_guests_of_a_killed_audit_are_taken_away_by_the_next(scene: Scene) -> None:
    ground = Ground(scene.studio, scene.app)
    await ground.guests()  # and never leaves
    assert _members(scene) == 3
    async with Ground(scene.studio, scene.app) as again:
        await again.guests()
    assert _members(scene) == 3  # a moment ago: another audit may be at work with them
    scene.sql("UPDATE members SET created_at = now() - interval '2 hours'")
    async with Ground(scene.studio, scene.app) as again:
        await again.guests()
    assert _members(scene) == 0
    assert list((scene.home / "files").rglob("*.png")) == []


async def test_a_check_that_breaks_fails_and_the_others_go_on(scene: Scene) -> None:
    @check("test.breaks", "F1", title="It breaks", remedy="Mend it.")
    async def breaks(ground: Ground) -> Evidence:
        raise ValueError("oh")

    report = await audit(scene.studio, scene.app, checks=[breaks, *(c for c in CHECKS if c.id == "database.head")])
    assert [(result.id, result.passed) for result in report.results] == [
        ("test.breaks", False),
        ("database.head", True),
    ]
    assert report.failed[0].evidence == "The check itself broke: ValueError: oh"


async def test_production_is_refused_by_a_blocker_and_by_nothing_else(scene: Scene) -> None:
    assert await blockers(scene.studio, scene.app) == []
    scene.home.chmod(0o777)
    (found,) = await blockers(scene.studio, scene.app)
    assert (found.id, found.severity) == ("place.folder", Severity.BLOCKER)


async def test_the_report_reads_as_json_markdown_and_html(scene: Scene) -> None:
    scene.home.chmod(0o777)
    report = await audit(scene.studio, scene.app, only={"place.folder", "place.room"})
    found = report.as_json()
    assert (found["passed"], found["failed"]) == (1, 1)
    assert list(found["checks"][0]) == ["id", "mission", "title", "severity", "passed", "evidence", "remedy"]
    assert {each["id"]: each["passed"] for each in found["checks"]} == {"place.room": True, "place.folder": False}
    assert "| ✗ | `place.folder` |" in report.as_markdown()
    assert "<code>place.folder</code>" in report.as_html()
    assert not report.ready


async def test_a_database_that_cannot_be_dumped_says_so_in_plain_words(scene: Scene) -> None:
    scene.sql("CREATE TABLE closed (id integer)")
    report = await audit(scene.studio, scene.app, only={"recovery.backup"})
    assert report.failed[0].evidence.startswith("The database could not be dumped: ")


async def test_of_more_files_than_can_be_copied_in_passing_chance_takes_some(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        await scene.studio.assets.store.put(f"many/{number}", bytes(100_000), "application/octet-stream")
    with psycopg.connect(scene.superuser) as db:
        size = db.execute("SELECT pg_database_size(current_database())").fetchone()
    assert size is not None
    monkeypatch.setattr(recovery, "MOST", size[0] + 3_000_000)
    (found,) = (await audit(scene.studio, scene.app, only={"recovery.backup"})).results
    assert found.passed, found.evidence
    came = int(found.evidence.split(" files")[0].split()[-1])
    assert 5 < came < 55  # about 30
    monkeypatch.setattr(recovery, "MOST", size[0] // 2)
    (found,) = (await audit(scene.studio, scene.app, only={"recovery.backup"})).results
    assert "too much to copy" in found.evidence


def test_every_check_says_what_it_proves_and_what_mends_it() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for each in CHECKS:
        assert each.mission, each.id
        assert each.title
        assert each.remedy.endswith(".")
        assert f"| `{each.id}` |" in audit_markdown()


def _members(scene: Scene) -> int:
    with psycopg.connect(scene.superuser) as db:
        row = db.execute("SELECT count(*) FROM members").fetchone()
    assert row is not None
    return int(row[0])


def _everything(scene: Scene) -> dict[str, list[str]]:
    """Every row of every table, and every file."""
    with psycopg.connect(scene.superuser) as db:
        tables = [row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = {
            table: [row[0] for row in db.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode())]
            for table in tables
        }
    files = sorted(str(path) for path in (scene.home / "files").rglob("*") if path.is_file())
    return rows | {"files": files}
