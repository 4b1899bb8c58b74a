"""Members' files: there, whole, reached only by a link that we signed, and nothing in them that can run."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import zlib
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import psutil
from PIL import Image

from atelier.assets.intake import HEAD, Brought, Refused, accept
from atelier.assets.links import HOUR, LIFE, BadLink, ExpiredLink
from atelier.base.clock import now
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import new_id
from atelier.base.kinds import AUDIO, VIDEO, extension, kind_of, recognise
from atelier.media.pool import MEMORY, POOL
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import picture

NEWEST, ANY = 60, 60  # how many files are read
HIDDEN = b"<script>alert(1)</script>"

COUNTED = "SELECT count(*) FROM assets WHERE deleted_at IS NULL"
UNMADE = """
SELECT 'job ' || j.id || ' made ' || j.made || ' files and ' || count(a.id) || ' are known' AS fault
FROM jobs j LEFT JOIN assets a ON a.job_id = j.id
WHERE j.finished_at > now() - interval '7 days' AND j.id IN (SELECT id FROM jobs ORDER BY id DESC LIMIT 500)
GROUP BY j.id, j.made HAVING count(a.id) <> j.made
LIMIT 100"""


@check(
    "files.whole",
    "A8",
    "D3",
    title="Finished files are in the store, each with its checksum",
    remedy="Bring the files back from a backup: `atelier restore` into an empty folder, then copy what is named.",
)
async def whole(ground: Ground) -> Evidence:
    owner, store = await ground.owner(), ground.studio.assets.store
    total = await owner.fetchval(COUNTED)
    share = 100.0 if total <= ANY * 20 else min(100.0, 100.0 * ANY * 4 / total)
    rows = await owner.fetch(
        f"""(SELECT id, path, thumb_path, sha256 FROM assets WHERE deleted_at IS NULL ORDER BY id DESC LIMIT {NEWEST})
            UNION (SELECT id, path, thumb_path, sha256 FROM assets TABLESAMPLE BERNOULLI ({share})
                   WHERE deleted_at IS NULL LIMIT {ANY})"""  # noqa: S608 - numbers of our own
    )
    faults = [row["fault"] for row in await owner.fetch(UNMADE)]
    for row in rows:
        try:
            digest = hashlib.sha256()
            async for chunk in store.stream(row["path"]):
                digest.update(chunk)
            if digest.hexdigest() != row["sha256"]:
                faults.append(f"the file of asset {row['id']} was changed")
            if row["thumb_path"]:
                await store.get(row["thumb_path"])
        except NotFound:
            faults.append(f"a file of asset {row['id']} is gone")
    return evidence(faults, f"{len(rows)} of {total} files were read, and each is what it was when it was made.")


@check(
    "storage.kinds",
    "D3",
    title="Each stored file is of the kind and type that its row says",
    remedy="Delete what is named, or bring it back from a backup: a file under another type may be misread.",
)
async def kinds_are_true(ground: Ground) -> Evidence:
    owner, store = await ground.owner(), ground.studio.assets.store
    rows = await owner.fetch(
        f"""(SELECT id, path, kind, content_type, measures FROM assets WHERE deleted_at IS NULL
             ORDER BY id DESC LIMIT {NEWEST})
            UNION (SELECT DISTINCT ON (content_type) id, path, kind, content_type, measures FROM assets
                   WHERE deleted_at IS NULL ORDER BY content_type, id)"""  # noqa: S608 - a number of our own
    )
    faults = []
    for row in rows:
        kind = kind_of(row["content_type"])
        if row["kind"] != kind.id:
            faults.append(f"asset {row['id']} is a {row['kind']} and has the type {row['content_type']}")
            continue
        try:
            head = await store.get(row["path"], 0, HEAD)
        except NotFound:
            continue  # `files.whole` names it
        # text has no marks: of it is only asked that it is none of the others
        found = recognise(head, f"x.{extension(row['content_type'])}")
        said = found[1] if found is not None else None
        if kind.verb and said != row["content_type"] and not (said and _alike(said, row["content_type"])):
            faults.append(f"the file of asset {row['id']} is no {row['content_type']}")
    return evidence(faults, f"{len(rows)} files begin as their type says.")


def _alike(found: str, said: str) -> bool:
    """Whether both are the same container, which holds films or sound alone."""
    return found.partition("/")[2] == said.partition("/")[2] and kind_of(said) in (AUDIO, VIDEO)


@check(
    "files.store",
    "D17",
    title="The store takes a file, gives it back and lets it go",
    remedy="Look at the store's address, its credentials and its room.",
)
async def store_works(ground: Ground) -> Evidence:
    try:
        await ground.studio.assets.store.check()
    except AtelierError as error:
        return Evidence(False, f"{error.message} {error.details.get('reason', '')}".strip())
    return Evidence(True, "A small file was written, read back and deleted.")


@check(
    "files.links",
    "D3",
    "A9",
    title="Links to files expire and cannot be changed",
    remedy="Look at atelier.assets.links: the signature covers the file, its variant, its member and the end.",
)
async def links(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    assert maker.asset is not None
    assets, faults = ground.studio.assets, []
    link = urlsplit(assets.link(maker.asset))
    whole = await ground.ask("GET", link.path, query=link.query)
    if whole.status != 200 or hashlib.sha256(whole.body).hexdigest() != maker.asset.sha256:
        faults.append(f"a good link answers {whole.status}")
    if "sandbox" not in whole.headers.get("content-security-policy", ""):
        faults.append("a file is sent without its sandbox")
    fields = dict(field.split("=") for field in link.query.split("&"))
    forged = {
        "a later end": (link.path, fields | {"e": str(int(fields["e"]) + 60)}),
        "another member": (link.path, fields | {"m": stranger.id.hex}),
        "another file": (link.path.replace(str(maker.asset.id), str(new_id())), fields),
        "another variant": (link.path.replace("/original", "/thumb"), fields),
        "another signature": (link.path, fields | {"s": fields["s"][::-1]}),
        "no signature": (link.path, {"m": fields["m"], "e": fields["e"]}),
    }
    for what, (path, query) in forged.items():
        answer = await ground.ask("GET", path, query="&".join(f"{name}={value}" for name, value in query.items()))
        if answer.status not in (403, 404, 410):
            faults.append(f"a link with {what} answers {answer.status}")
    old = now() - timedelta(seconds=LIFE + HOUR + 1)
    expired = urlsplit(assets.links.make(maker.asset.id, maker.id, "original", at=old))
    answer = await ground.ask("GET", expired.path, query=expired.query)
    if answer.status != 410:
        faults.append(f"an expired link answers {answer.status}")
    try:
        assets.links.read(maker.asset.id, "original", fields, at=now() + timedelta(seconds=LIFE + HOUR))
        faults.append("a link lasts beyond its end")
    except (BadLink, ExpiredLink):
        pass
    return evidence(
        faults, f"A good link gives the file in a sandbox; {len(forged)} changed ones and an old one do not."
    )


@check(
    "files.lies",
    "D3",
    title="Uploads that lie, carry programs or unpack without end are refused",
    remedy="Look at atelier.assets.intake: what comes in is decoded and encoded again, or refused.",
)
async def lies(ground: Ground) -> Evidence:
    good = picture()
    wrong = {
        "a page called a picture": b"<html><script>alert(1)</script>",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "a program": b"MZ" + bytes(2000),
        "half a picture": good[: len(good) // 2],
        "a picture one pixel wide and thirty million high": _tower(),
        "nothing": b"",
        "too much": good + bytes(20_000_000),
    }
    faults = []
    for what, data in wrong.items():
        try:
            with closing((await _accepted(ground, data)).laid):
                faults.append(f"{what} is taken")
        except Refused:
            continue
    brought = await _accepted(ground, good + HIDDEN)
    with closing(brought.laid) as laid:
        if HIDDEN in laid.file.read():
            faults.append("a page that was hidden behind a picture comes in with it")
        facts = laid.facts
    with Image.open(io.BytesIO(good)) as own:
        if (facts["width"], facts["height"]) != own.size:
            faults.append("a good picture comes in changed")
    return evidence(faults, f"{len(wrong)} bad files were refused; of a good picture its pixels were taken, no more.")


@check(
    "files.opened_apart",
    "D3",
    title="Uploads are opened by a process with little memory, and this one opens none",
    remedy="Look at atelier.media.pool: its children have limits of memory and time, and no other process decodes.",
)
async def opened_apart(ground: Ground) -> Evidence:
    faults = []
    (await _accepted(ground, picture())).laid.close()
    children = media_children()
    if not children:
        faults.append("no process of its own opened a picture")
    for pid, memory in children.items():
        if memory is None:
            faults.append(f"the process {pid} that opens files has no limit of memory")
    said = f"An upload was opened by a process of its own, which may have {MEMORY / 1e9:.1f} GB."
    return evidence(faults, said if sys.platform == "linux" else "An upload was opened by a process of its own.")


async def _accepted(ground: Ground, data: bytes) -> Brought:
    assets = ground.studio.assets
    with assets.store.spool(data) as file:
        return await accept(assets.store, new_id(), file, assets.limits)


def media_children() -> dict[int, int | None]:
    """The processes that opened files for this one, and how many bytes of memory each may have; None: any amount."""
    limits: dict[int, int | None] = {}
    for pid in POOL.pids:
        try:
            most = psutil.Process(pid).rlimit(psutil.RLIMIT_AS)[0] if sys.platform == "linux" else MEMORY
        except psutil.NoSuchProcess:
            continue
        limits[pid] = most if 0 < most <= MEMORY else None
    return limits


def _tower() -> bytes:
    """A PNG of few bytes that needs a gigabyte to open: thirty million rows of one pixel."""
    packing = zlib.compressobj(1)
    packed = b"".join([packing.compress(bytes(1_000_000)) for _ in range(60)] + [packing.flush()])
    head = struct.pack(">IIBBBBB", 1, 30_000_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


@check(
    "files.reachable",
    "A9",
    title="Files are not served to whoever guesses an address",
    remedy="Serve files by signed links alone, and keep the data folder out of every web server's reach.",
)
async def reachable(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    assert maker.asset is not None
    addresses = (
        f"/files/{maker.asset.id}/original",
        f"/files/{maker.asset.id}/thumb",
        f"/files/{maker.asset.path}",
        f"/static/{maker.asset.path}",
        f"/static/../{maker.asset.path}",
        f"/{maker.asset.path}",
    )
    faults = []
    for address in addresses:
        answer = await ground.ask("GET", address)
        if answer.status < 400 or picture()[:8] == answer.body[:8]:
            faults.append(f"{address} answers {answer.status}")
    return evidence(faults, f"{len(addresses)} guessed addresses gave nothing.")
