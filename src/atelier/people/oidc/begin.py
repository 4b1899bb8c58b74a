"""Sending a browser to a provider, and knowing it again when it returns."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode, urlsplit

from atelier.base.clock import now
from atelier.base.crypto import new_token
from atelier.base.errors import AtelierError
from atelier.base.seal import Seal
from atelier.people.oidc.provider import Provider

LASTS = 600  # seconds that somebody may take at the provider
LONGEST_AGO = 30 * 24 * 3600  # seconds since a sign-in there with which one still comes in here
STATE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class BegunElsewhere(AtelierError):
    """The answer belongs to no sign-in that this browser began in the last minutes."""

    code = "sign_in_expired"
    status = 410

    def __init__(self) -> None:
        super().__init__(
            "This sign-in was begun in another browser, or too long ago, or has been used. Nothing was changed; begin"
            " again."
        )


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for its answer.

    `session` is the one for which an account is to be linked, or which `confirms` who is at the keys; `form` is then
    the digest of the form that waits.
    """

    provider: str
    to: str = "/"
    session: str | None = None
    invitation: str | None = None
    confirms: bool = False
    form: str | None = None
    state: str = field(default_factory=new_token)
    nonce: str = field(default_factory=new_token)
    verifier: str = field(default_factory=new_token)
    at: float = field(default_factory=lambda: now().timestamp())

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier (RFC 7636, S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def cookie_name(origin: str, state: str) -> str:
    """The cookie of one sign-in, named after it, so that two windows don't get in each other's way."""
    return ("__Host-" if origin.startswith("https://") else "") + f"atelier-way-{state[:8]}"


def write(seal: Seal, begun: Begun) -> str:
    """What the cookie holds."""
    return seal.close(json.dumps(asdict(begun)), purpose="way")


def read(seal: Seal, cookie: str, *, provider: str, state: str) -> Begun:
    """The sign-in that this answer ends; `BegunElsewhere` if the browser's cookie knows of none."""
    text = seal.open(cookie, purpose="way") if len(cookie) < 8000 else None
    if text is None:
        raise BegunElsewhere
    begun = Begun(**json.loads(text))
    if begun.state != state or begun.provider != provider or not -60 < now().timestamp() - begun.at < LASTS:
        raise BegunElsewhere
    return begun


def redirect_uri(origin: str, provider: Provider) -> str:
    """The one address to which the provider sends browsers back; the operator registers it there."""
    return f"{origin}/sign-in/with/{provider.id}/return"


def address_there(provider: Provider, begun: Begun, *, authorization: str, origin: str) -> str:
    """Where the browser goes (OpenID Connect Core 3.1.2.1)."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri(origin, provider),
        "scope": " ".join(provider.scopes),
        "state": begun.state,
        "code_challenge": begun.challenge,
        "code_challenge_method": "S256",
    }
    if provider.kind == "openid":
        asked["nonce"] = begun.nonce
    if provider.asks_again and begun.confirms:
        asked |= {"prompt": "login", "max_age": "0"}
    elif provider.asks_again:
        asked["max_age"] = str(LONGEST_AGO)  # so that it says when they signed in there
    return f"{authorization}{'&' if urlsplit(authorization).query else '?'}{urlencode(asked)}"
