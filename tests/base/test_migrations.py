"""The migrations' order."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from atelier.base import migrate


def test_the_order_of_the_files_is_the_order_of_the_chain() -> None:
    chain = [script.revision for script in ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()]
    assert all(migrate.knows(revision) for revision in chain)
    assert migrate.head() == chain[0]
    assert not migrate.knows("20000101_0000")
