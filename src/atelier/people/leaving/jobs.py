"""What workers do for who takes their data along or leaves."""

from __future__ import annotations

from atelier.jobs.background import Round, Rows, Task
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.fill import Exporter
from atelier.people.leaving.tend import EVERY, tend

_EXPORTS = Rows("exports", "state IN ('queued', 'running')", "export:", "export_id", enter="enqueue_export(id)")


def tasks(exporter: Exporter, eraser: Eraser) -> list[Task]:
    return [Task("people:export", exporter.run, _EXPORTS), Task("people:erase", eraser.run)]


def rounds(exporter: Exporter) -> list[Round]:
    return [Round("people:leaving", EVERY, lambda: tend(exporter.database, exporter.store))]
