"""Backups: database and files in one archive, made while the studio runs, and put back into an empty place.

The archive is a plain tar: `database.dump` (pg_dump's custom format), `files/…`, `catalog.toml`, and at its end
`manifest.json` with the size and SHA-256 of each. The studio's secret is not in it: who finds a backup shall not be
able to sign links.
"""

from atelier.base.migrate import NotEmpty
from atelier.ops.backup.archive import BadArchive, Manifest, read_manifest
from atelier.ops.backup.put_back import put_back
from atelier.ops.backup.take import take

__all__ = ["BadArchive", "Manifest", "NotEmpty", "put_back", "read_manifest", "take"]
