"""The library among ten thousand to a million assets: what a member's list, search, filter and totals take.

Fills a migrated database, then asks through the library's own functions, as the web role, with row-level security on.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from atelier.assets.library import Sort, Wanted, find, get, models, neighbours
from atelier.assets.tables import Source
from atelier.base.db import Acting, Database, connect, libpq_url
from atelier.base.kinds import AUDIO

SIZES = (10_000, 100_000, 1_000_000)
MEMBERS = 1000
WHALE = 100_000  # what one member has, beside the thousand, in the largest round
ROUNDS = 200
BUDGET_MS = 50
WORDS = """
    red boat calm sea bold flat poster mountains quiet morning muted palette desert night wide stars hills dawn city
    forest rain lantern harbour fox winter gold window garden piano lighthouse train bridge market moon storm valley
""".split()  # noqa: SIM905  # a list of words reads better as words

_MEMBERS = """
INSERT INTO members (id, email, name)
SELECT md5('member ' || n)::uuid, 'bench-' || n || '@example.org', 'Bench ' || n
FROM generate_series(1, %s) n ON CONFLICT DO NOTHING"""
# ids sort by birth, as UUIDv7 do; one asset in 97 is a "zeppelin", one in a hundred is uploaded
_ASSETS = """
INSERT INTO assets (id, member_id, job_id, position, kind, source, title, content_type, bytes, width, height, sha256,
                    path, thumb_path, settings, favourite)
SELECT id, member, NULL, n %% 4,
       CASE WHEN n %% 50 = 0 THEN 'audio' ELSE 'image' END, CASE WHEN n %% 100 = 0 THEN 'uploaded' ELSE 'made' END,
       (SELECT string_agg((%(words)s::text[])[1 + (hashint8(n * 31 + k) & 2147483647) %% %(vocabulary)s], ' ')
        FROM generate_series(1, 8) k) || CASE WHEN n %% 97 = 0 THEN ' zeppelin' ELSE '' END,
       'image/png', 200000 + hashint8(n) %% 100000, 768, 1024, md5(n::text) || md5((-n)::text),
       member || '/2026/11/' || id || '.png', member || '/2026/11/' || id || '.thumb.webp',
       jsonb_build_object('tool', 'image.generate', 'model', CASE WHEN n %% 3 = 0 THEN 'house' ELSE 'sketch' END,
                          'input', jsonb_build_object('prompt', 'A red boat', 'seed', n, 'aspect_ratio', '3:4')),
       n %% 20 = 0
FROM (SELECT n, (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 3)
                 || '8' || substr(md5(n::text), 4, 15))::uuid AS id,
             CASE WHEN %(whale)s::uuid IS NULL THEN md5('member ' || 1 + n %% %(members)s)::uuid
                     ELSE %(whale)s::uuid END AS member
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) made"""


async def run(owner_url: str, secret: str, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Measure at each size, in ms: {"sizes": [{"assets", "fill_s", "queries": {name: {"p50", "p95"}}}], …}."""
    rounds: list[dict[str, Any]] = []
    for size in sizes:
        began = time.perf_counter()
        await asyncio.to_thread(_fill, owner_url, size, size == max(sizes) and size >= 1_000_000)
        filled = time.perf_counter() - began
        database = connect(owner_url, "web", secret)
        try:
            rounds.append(
                {
                    "assets": size,
                    "fill_s": round(filled, 1),
                    **await asyncio.to_thread(_sizes, owner_url),
                    "queries": await _measure(database, size),
                }
            )
        finally:
            await database.close()
    worst = max(times["p95"] for each in rounds for name, times in each["queries"].items() if "100,000" not in name)
    return {"budget_ms": BUDGET_MS, "members": MEMBERS, "worst_p95_ms": worst, "sizes": rounds}


def _fill(owner_url: str, size: int, whale: bool) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("SELECT set_config('synchronous_commit', 'off', false)")
        db.execute(_MEMBERS, [MEMBERS + 1])
        row = db.execute("SELECT count(*) FROM assets").fetchone()
        done = row[0] if row else 0
        for first in range(done + 1, size + 1, 50_000):
            _insert(db, first, min(first + 49_999, size), None)
        if whale and done <= size:
            id = _member(MEMBERS + 1)
            for first in range(size + 1, size + WHALE, 50_000):
                _insert(db, first, first + 49_999, id)
        db.execute("VACUUM ANALYZE assets")


def _insert(db: psycopg.Connection[Any], first: int, last: int, whale: UUID | None) -> None:
    values = {"first": first, "last": last, "whale": whale, "members": MEMBERS}
    db.execute(_ASSETS, values | {"words": WORDS, "vocabulary": len(WORDS)})


def _sizes(owner_url: str) -> dict[str, int]:
    with psycopg.connect(libpq_url(owner_url)) as db:
        row = db.execute("SELECT pg_table_size('assets'), pg_indexes_size('assets')").fetchone()
    assert row is not None
    return {"table_bytes": row[0], "index_bytes": row[1]}


async def _measure(database: Database, size: int) -> dict[str, dict[str, float]]:
    chance = random.Random(7)
    members = [_member(1 + chance.randrange(MEMBERS)) for _ in range(ROUNDS)]
    everything = Wanted()
    searches = {
        "list": everything,
        "list, oldest": Wanted(sort=Sort.OLDEST),
        "list, largest": Wanted(sort=Sort.LARGEST),
        "search, two common words": Wanted(words="red boat"),
        "search, a beginning": Wanted(words="moun"),
        "search, a rare word": Wanted(words="zeppelin"),
        "search, a word nobody used": Wanted(words="xylophone"),
        "search, words side by side": Wanted(words="red-boat"),
        "search, without a word": Wanted(words="-boat"),
        "search, filtered": Wanted(words="sea", favourite=True, model="house"),
        "favourites": Wanted(favourite=True),
        "kind": Wanted(kind=AUDIO),
        "uploaded": Wanted(source=Source.UPLOADED),
        "model": Wanted(tool="image.generate", model="house"),
    }
    found: dict[str, dict[str, float]] = {}
    for name, wanted in searches.items():
        found[name] = await _time(database, members, _finding(wanted))
    found["deep page"] = await _time(database, members, _deep(everything))
    found["models to filter by"] = await _time(database, members, models)
    found["one asset, its neighbours"] = await _time(database, members, _asset_page)
    if size >= 1_000_000:
        whale = [_member(MEMBERS + 1)] * 40
        for name in ("list", "search, two common words", "search, a beginning", "favourites", "model"):
            found[f"a member with 100,000: {name}"] = await _time(database, whale, _finding(searches[name]))
    return found


def _finding(wanted: Wanted) -> Callable[[Any], Awaitable[object]]:
    async def ask(db: Any) -> object:
        return await find(db, wanted)

    return ask


def _deep(wanted: Wanted) -> Callable[[Any], Awaitable[object]]:
    async def ask(db: Any) -> object:
        return await find(db, replace(wanted), cursor="018bd000000070008000000000000000")

    return ask


async def _asset_page(db: Any) -> object:
    asset = (await find(db, Wanted(), limit=1)).items[0]
    return await get(db, asset.id), await neighbours(db, Wanted(), asset)


def _member(number: int) -> UUID:
    return UUID(hashlib.md5(f"member {number}".encode(), usedforsecurity=False).hexdigest())


async def _time(database: Database, members: list[UUID], ask: Callable[[Any], Awaitable[object]]) -> dict[str, float]:
    """Milliseconds from opening the transaction to its end, which is what the page adds to itself."""
    for member in members[:10]:
        async with database.transaction(Acting.member(member)) as db:
            await ask(db)
    times = []
    for member in members:
        began = time.perf_counter()
        async with database.transaction(Acting.member(member)) as db:
            await ask(db)
        times.append((time.perf_counter() - began) * 1000)
    return {"p50": round(statistics.median(times), 2), "p95": round(sorted(times)[int(len(times) * 0.95)], 2)}


def table(result: dict[str, Any]) -> str:
    """A row for each question, a column for each size."""
    sizes = result["sizes"]
    heads = " | ".join(f"{each['assets']:,} assets" for each in sizes)
    lines = [
        f"Milliseconds from opening the transaction to its end, p50 / p95, of {result['members']:,} members in turn, as"
        f" the web role under row-level security. Budget: {result['budget_ms']} ms at p95.",
        "",
        f"| | {heads} |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for name in dict.fromkeys(name for each in sizes for name in each["queries"]):
        times = [each["queries"].get(name) for each in sizes]
        lines.append(f"| {name} | " + " | ".join(f"{t['p50']} / {t['p95']}" if t else "" for t in times) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("owner_url", help="a migrated database of its own, as its owner")
    parser.add_argument("secret", help="the studio's secret, from which the roles' passwords come")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(run(asked.owner_url, asked.secret, tuple(asked.sizes))), indent=2))
