"""Where the studio lives: its disk, its address and its versions."""

from __future__ import annotations

import shutil
import stat

from atelier.ops.audit.check import Evidence, Severity, check, evidence
from atelier.ops.audit.ground import Ground

LEAST = 1_000_000_000  # bytes
OLDEST_DATABASE = 15


@check(
    "place.room",
    "C9",
    "D17",
    title="There is room on the disk",
    remedy="Free some room, or move the files to a bucket with ATELIER_STORE_URL.",
    severity=Severity.WARNING,
    quick=True,
)
async def room(ground: Ground) -> Evidence:
    disk = shutil.disk_usage(ground.studio.home)
    said = f"{disk.free / 1e9:.1f} GB of {disk.total / 1e9:.0f} GB are free."
    return Evidence(disk.free >= LEAST, said)


@check(
    "place.address",
    "B10",
    title="In production people reach the studio by https alone",
    remedy="Put a proxy with a certificate before it, and set ATELIER_URL to its https address.",
    quick=True,
)
async def address(ground: Ground) -> Evidence:
    origin = ground.studio.origin
    if not ground.studio.production:
        return Evidence(True, f"{origin}, in development.")
    return Evidence(origin.startswith("https://"), f"{origin}, in production.")


@check(
    "place.folder",
    "D17",
    title="Nobody else can write into the data folder",
    remedy="`chmod go-w` the data folder and what is named.",
    quick=True,
)
async def folder(ground: Ground) -> Evidence:
    home = ground.studio.home
    paths = [path for path in (home, home / "files", home / "catalog.toml", home / "secret") if path.exists()]
    faults = [
        f"{path.name}: mode {stat.S_IMODE(path.stat().st_mode):o}" for path in paths if path.stat().st_mode & 0o022
    ]
    return evidence(faults, f"{len(paths)} paths of the data folder are written by their owner alone.")


@check(
    "place.database",
    "D17",
    title="The database server is new enough",
    remedy=f"Move to PostgreSQL {OLDEST_DATABASE} or newer: `atelier backup` there, `atelier restore` here.",
    quick=True,
)
async def database(ground: Ground) -> Evidence:
    number = int(await (await ground.owner()).fetchval("SHOW server_version_num")) // 10_000
    return Evidence(number >= OLDEST_DATABASE, f"PostgreSQL {number}.")
