"""A place to measure in: an embedded PostgreSQL of its own, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atelier.base import migrate
from atelier.base.crypto import new_token
from atelier.base.postgres import EmbeddedPostgres


@contextmanager
def fresh_database() -> Iterator[tuple[str, str]]:
    """The owner's URL of a migrated, empty database, and the secret that its roles' passwords come from."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        secret = new_token()
        url = migrate.create_database(server.open(), "atelier")
        migrate.upgrade(url, secret)
        yield url, secret
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
