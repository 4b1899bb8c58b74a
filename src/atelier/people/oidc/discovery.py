"""What a provider says of itself (OpenID Connect Discovery 1.0), and the keys it signs with, remembered for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from joserfc import jwk
from joserfc.errors import JoseError

from atelier.people.oidc.provider import Provider
from atelier.people.oidc.reach import Reach
from atelier.people.oidc.refusals import ProviderDown, ProviderLied

LASTS = 3600.0  # seconds that what was found is good for
SHORTEST = 341  # letters of base64url in a modulus of 2048 bits
KEYS_AGAIN = 30.0  # seconds between two looks for new keys, whatever is claimed meanwhile


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider does what."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    end_session: str | None
    basic: bool  # the client's secret goes into the Authorization header
    names_itself: bool  # each answer must carry `iss` (RFC 9207)


Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Found(Generic[Value]):
    value: Value
    at: float


class Discovery:
    """Asks each provider once in a while, and again for keys when a token names one that is not known."""

    def __init__(self, reach: Reach, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._reach = reach
        self._clock = clock
        self._metadata: dict[str, _Found[Metadata]] = {}
        self._keys: dict[str, _Found[list[jwk.Key]]] = {}

    async def metadata(self, provider: Provider) -> Metadata:
        """Where to send members and questions. Raises `ProviderDown` and `ProviderLied`."""
        known = self._metadata.get(provider.id)
        if known is not None and self._clock() - known.at < LASTS:
            return known.value
        try:
            answer = await self._reach.ask(provider, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
            if answer.status != 200:
                raise ProviderDown(provider, f"discovery answered {answer.status}")
        except ProviderDown:
            if known is None:
                raise
            return known.value  # what was true an hour ago is better than no way in
        found = _read(provider, answer.data)
        self._metadata[provider.id] = _Found(found, self._clock())
        return found

    async def keys(self, provider: Provider, *, anew: bool = False) -> list[jwk.Key]:
        """The public keys that it signs with; `anew` when a token names one that is not among them."""
        known = self._keys.get(provider.id)
        if known is not None and self._clock() - known.at < (KEYS_AGAIN if anew else LASTS):
            return known.value
        answer = await self._reach.ask(provider, (await self.metadata(provider)).jwks)
        if answer.status != 200:
            raise ProviderDown(provider, f"its keys answered {answer.status}")
        found = list(_keys(answer.data))
        if not found:
            raise ProviderLied(provider, "it publishes no key that can be used")
        self._keys[provider.id] = _Found(found, self._clock())
        return found


def _read(provider: Provider, said: Any) -> Metadata:
    if not isinstance(said, dict) or said.get("issuer") != provider.issuer:
        named = said.get("issuer") if isinstance(said, dict) else None
        raise ProviderLied(provider, f"it calls itself {named!r}, and the settings call it {provider.issuer!r}")

    def address(name: str) -> str | None:
        value = said.get(name)
        return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None

    authorization, token, jwks = (
        address(f"{name}") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    if authorization is None or token is None or jwks is None:
        raise ProviderLied(provider, "its discovery document lacks an endpoint")
    if provider.issuer.startswith("https://") and not authorization.startswith("https://"):
        raise ProviderLied(provider, f"it sends members to {authorization}")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        authorization=authorization,
        token=token,
        jwks=jwks,
        userinfo=address("userinfo_endpoint"),
        end_session=address("end_session_endpoint"),
        basic=not isinstance(methods, list) or "client_secret_basic" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _keys(said: Any) -> list[jwk.Key]:
    entries = said.get("keys") if isinstance(said, dict) else None
    found: list[jwk.Key] = []
    for entry in entries[:50] if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use") == "enc":
            continue  # a symmetric key is never published by anybody honest
        if entry["kty"] == "RSA" and len(str(entry.get("n", ""))) < SHORTEST:
            continue
        try:
            found.append(jwk.import_key({name: entry[name] for name in entry if name in _PUBLIC}))
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind that is not known here
    return found


_PUBLIC = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
