"""Secrets: tokens, their digests, keys derived from the studio's secret, and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_token(size: int = 32) -> str:
    """A fresh secret of `size` random bytes, safe in a URL."""
    return secrets.token_urlsafe(size)


def digest(token: str) -> str:
    """The SHA-256 of a high-entropy token, in hex: what we store instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def base64url(data: bytes) -> str:
    """Base64 for addresses, without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(written: str) -> bytes:
    """The bytes of `base64url`; raises `ValueError` for what is none."""
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


def derive(secret: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose (HMAC-SHA256 as a key derivation, NIST SP 800-108 in its single-block form)."""
    return hmac.new(secret.encode(), f"atelier:{purpose}".encode(), hashlib.sha256).digest()


def sign(key: bytes, message: str) -> str:
    """An HMAC-SHA256 signature of `message`, 22 characters of base64url (128 bits)."""
    mac = hmac.new(key, message.encode(), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def verify(key: bytes, message: str, signature: str) -> bool:
    """Whether `signature` is ours for `message`, compared in constant time."""
    return hmac.compare_digest(sign(key, message).encode(), signature.encode())
