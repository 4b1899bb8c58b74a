"""Signed messages of other servers, as the Standard Webhooks specification writes them (standardwebhooks.com).

Replicate signs so (replicate.com/docs/topics/webhooks/verify-webhook), and so do providers of payments.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime

from atelier.base.errors import Forbidden

PREFIX = "whsec_"  # of a secret; the base64 after it is the key
TOLERANCE = 300  # seconds that a message's own time may differ from ours
LONGEST_ID = 150


class BadSignature(Forbidden):
    """A message that its sender did not sign, or signed too long ago."""

    code = "bad_signature"


def key_of(secret: str) -> bytes:
    """The key that a `whsec_…` secret stands for; raises `ValueError` with a sentence where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not key:
        raise ValueError(f"this is no secret of webhooks: it begins with {PREFIX}, and base64 follows")
    return key


def verify(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a message that whoever has `key` signed not long before `now`; raises `BadSignature` for others."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    sent = headers.get("webhook-signature", "").encode("latin-1", "replace").split()
    if not (0 < len(id) <= LONGEST_ID and id.isascii() and id.isprintable()):
        raise BadSignature("This message has no webhook-id, so it was refused.")
    if not (at.isascii() and at.isdigit() and len(at) < 13):
        raise BadSignature("This message has no webhook-timestamp, so it was refused.")
    ours = b"v1," + base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256"))
    if not any(hmac.compare_digest(ours, each) for each in sent):
        raise BadSignature("The signature of this message is not its sender's, so it was refused.")
    if abs(now.timestamp() - int(at)) > TOLERANCE:
        raise BadSignature(f"This message was signed more than {TOLERANCE // 60} minutes ago or ahead of time.")
    return id
