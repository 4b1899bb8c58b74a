"""Members' files: there, whole, reached only by a link that we signed, and nothing in them that can run."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from urllib.parse import urlsplit

from PIL import Image

from atelier.assets.intake import LARGEST, Refused, accept
from atelier.assets.links import HOUR, LIFE, BadLink, ExpiredLink
from atelier.base.clock import now
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import new_id
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import picture

NEWEST, ANY = 60, 60  # how many files are read

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
            if hashlib.sha256(await store.get(row["path"])).hexdigest() != row["sha256"]:
                faults.append(f"the file of asset {row['id']} was changed")
            if row["thumb_path"]:
                await store.get(row["thumb_path"])
        except NotFound:
            faults.append(f"a file of asset {row['id']} is gone")
    return evidence(faults, f"{len(rows)} of {total} files were read, and each is what it was when it was made.")


@check(
    "files.store",
    "D17",
    title="The store takes a file, gives it back and lets it go",
    remedy="Look at the store's address, its credentials and its room.",
)
async def store(ground: Ground) -> Evidence:
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
    huge = io.BytesIO()
    Image.new("1", (7_000, 7_000)).save(huge, "PNG")
    wrong = {
        "a page called a picture": (b"<html><script>alert(1)</script>", "image/png"),
        "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
        "a PNG called a JPEG": (good, "image/jpeg"),
        "a program": (b"MZ" + bytes(2000), "image/png"),
        "half a picture": (good[: len(good) // 2], "image/png"),
        "a picture with a page behind it": (good + b"<script>alert(1)</script>", "image/png"),
        "a bomb": (huge.getvalue(), "image/png"),
        "nothing": (b"", "image/png"),
        "too much": (good + bytes(LARGEST), "image/png"),
    }
    faults = []
    for what, (data, claimed) in wrong.items():
        try:
            accept(data, claimed)
            faults.append(f"{what} is taken")
        except Refused:
            continue
    brought = accept(good, "image/png")
    if Image.open(io.BytesIO(brought.data)).size != Image.open(io.BytesIO(good)).size:
        faults.append("a good picture comes in changed")
    return evidence(faults, f"{len(wrong)} bad files were refused, and a good picture was taken.")


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
