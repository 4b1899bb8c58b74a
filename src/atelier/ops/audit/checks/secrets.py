"""The studio's secret, members' passwords, and what the log says of either."""

from __future__ import annotations

import stat

from structlog.testing import capture_logs

from atelier.base.crypto import derive
from atelier.base.db import role_password
from atelier.base.log import scrub
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.people import rules
from atelier.people.passwords import MEMORY_KIB, PASSES, passwords

SHORTEST, FEWEST = 32, 10  # characters, and different ones among them
WEAK = ("short1A", "alllowercase1", "ALLUPPERCASE1", "NoDigitsHere", "Aaaaa11111bbbb", "Password1")


@check(
    "secrets.strength",
    "D17",
    title="The studio's secret is long, irregular, and its file is its owner's alone",
    remedy="Set ATELIER_SECRET to 48 random characters; `chmod 600` the file `secret` in the data folder.",
    quick=True,
)
async def strength(ground: Ground) -> Evidence:
    secret, faults = ground.studio.secret, []
    if len(secret) < SHORTEST:
        faults.append(f"the secret has {len(secret)} characters instead of {SHORTEST} or more")
    if len(set(secret)) < FEWEST:
        faults.append(f"the secret has {len(set(secret))} different characters instead of {FEWEST} or more")
    if any(word in secret.lower() for word in ("changeme", "change-me", "default", "example", "password")):
        faults.append("the secret looks like one from an example")
    if derive(secret, "links to files").hex() == role_password(secret, "web"):
        faults.append("two keys are the same")
    path = ground.studio.home / "secret"
    if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        faults.append(f"{path.name} in the data folder can be read by others (mode {mode:o})")
    where = "its file is private" if path.exists() else "it comes from the settings"
    return evidence(faults, f"{len(secret)} characters, {len(set(secret))} different ones; {where}.")


@check(
    "secrets.passwords",
    "B6",
    title="Passwords are hashed with Argon2id, and weak ones are refused",
    remedy="Keep the parameters of atelier.people.passwords at RFC 9106's, and its rules as B6 has them.",
)
async def password_rules(ground: Ground) -> Evidence:
    faults = []
    kept = await passwords.hash("Aa1-audit-of-passwords")
    if not kept.startswith("$argon2id$") or f"m={MEMORY_KIB},t={PASSES}" not in kept or MEMORY_KIB < 19_456:
        faults.append("a hash is weaker than Argon2id with 19 MiB")
    right, _ = await passwords.check("Aa1-audit-of-passwords", kept)
    wrong, _ = await passwords.check("Aa1-audit-of-password", kept)
    if not right or wrong:
        faults.append("a hash does not tell passwords apart")
    faults += [f"{weak!r} is accepted" for weak in WEAK if rules.password_fault(weak, "audit@audit.invalid") is None]
    return evidence(faults, f"Argon2id with {MEMORY_KIB // 1024} MiB; {len(WEAK)} weak passwords were refused.")


@check(
    "secrets.log",
    "B12",
    title="Prompts, passwords and tokens never appear in the log",
    remedy="Log the names of things and their ids, and never what members write.",
)
async def log(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    words = f"prompt{maker.marker}"
    bearer = {"authorization": f"Bearer {maker.secret}"}
    asked = b'{"tool": "image.generate", "input": {"prompt": "%s", "count": 0}}' % words.encode()
    json = {"content-type": "application/json"}
    with capture_logs(processors=[scrub]) as lines:
        await ground.ask("GET", "/jobs", by=maker, query=f"tool={words}")
        await ground.ask("POST", "/api/v1/jobs", body=asked, headers=bearer | json)
        await ground.ask("POST", "/make/image.generate", by=maker, form={"prompt": words, "count": "0"})
        await ground.ask("POST", "/sign-in", form={"email": maker.email, "password": f"not {maker.password}"})
    said = repr(lines)
    secret = {"a prompt": words, "a password": maker.password, "a token": maker.secret, "a cookie": maker.cookie}
    faults = [f"{what} is in the log" for what, text in secret.items() if text in said]
    if not lines:
        faults.append("nothing was logged at all")
    return evidence(faults, f"{len(lines)} lines about 4 requests name no prompt, password or token.")
