"""A provider that can lie: it answers as OpenID providers and GitHub do, and a test bends what it says."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import RSAKey

from atelier.people.oidc.provider import Provider
from atelier.people.oidc.verify import LOGOUT

ISSUER = "https://id.example"
CLIENT = "studio"
SECRET = "secret of the client, 100 % sure"
PROVIDER = Provider("corner", "Corner", ISSUER, CLIENT, SECRET)
GITHUB = Provider(
    "github", "GitHub", "https://github.com", CLIENT, SECRET, ("read:user", "user:email"), "github", asks_again=False
)
KEY = RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=False)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second"}, auto_kid=False)

Claims = dict[str, Any]
Bend = Callable[[Claims], object]


class FakeProvider(httpx.AsyncBaseTransport):
    """The far side of every connection; `asked` counts what was asked."""

    def __init__(self) -> None:
        self.key = KEY
        self.published = [KEY]
        self.person: Claims = {"sub": "ada-1", "email": "ada@example.org", "email_verified": True, "name": "Ada"}
        self.sid = "there-1"
        self.signed_in_at = time.time()  # when its person last typed their password there
        self.told_in_token = True  # whether the ID token has the e-mail, or only userinfo
        self.bend: Bend = lambda claims: None
        self.metadata: Claims = {}
        self.raw: Callable[[Claims], str] | None = None
        self.answers: dict[str, httpx.Response] = {}
        self.down = self.slow = False
        self.asked: list[str] = []
        self.nonces: dict[str, tuple[str, str]] = {}  # a code's nonce and challenge
        self.ages_asked: set[str] = set()  # the codes whose request had a max_age
        self.emails: list[Claims] = [{"email": "ada@example.org", "primary": True, "verified": True}]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        path = request.url.path
        self.asked.append(f"{host}{path}")
        if self.down:
            raise httpx.ConnectError("refused")
        if self.slow:
            await asyncio.sleep(30)
        if path in self.answers:
            return self.answers[path]
        return getattr(self, f"_{path.strip('/').split('/')[-1].replace('-', '_').replace('.', '_')}")(request)  # type: ignore[no-any-return]

    def _openid_configuration(self, _request: httpx.Request) -> httpx.Response:
        return reply(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/jwks",
                "userinfo_endpoint": f"{ISSUER}/me",
                "end_session_endpoint": f"{ISSUER}/end",
            }
            | self.metadata
        )

    def _jwks(self, _request: httpx.Request) -> httpx.Response:
        return reply({"keys": [key.as_dict(private=False) for key in self.published]})

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        code = form["code"]
        nonce, challenge = self.nonces.pop(code, ("", ""))
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        good = proof == challenge and pair == "studio:secret%20of%20the%20client%2C%20100%20%25%20sure"
        if not good or form["redirect_uri"] != "http://studio.test/sign-in/with/corner/return":
            return reply({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, "sid": self.sid}
        if code in self.ages_asked:
            claims["auth_time"] = int(self.signed_in_at)
        claims |= self.person if self.told_in_token else {"sub": self.person["sub"]}
        self.bend(claims)
        token = self.raw(claims) if self.raw else signed(claims, self.key)
        return reply({"access_token": "access", "token_type": "Bearer", "id_token": token})

    def _me(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer access"
        return reply(self.person)

    def _access_token(self, request: httpx.Request) -> httpx.Response:
        form = parse_qs(request.content.decode())
        assert form["client_secret"] == [SECRET]
        self.nonces.pop(form["code"][0])
        return reply({"access_token": "gho"})

    def _user(self, _request: httpx.Request) -> httpx.Response:
        return reply({"id": 583231, "login": "octocat", "email": "liar@example.org"})

    def _emails(self, _request: httpx.Request) -> httpx.Response:
        return reply(self.emails)

    def grant(self, address: str) -> dict[str, str]:
        """What the browser brings back after it was at `address` and its person said yes."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.asked)}-{asked['state'][:6]}"
        self.nonces[code] = (asked.get("nonce", ""), asked["code_challenge"])
        if "max_age" in asked:
            self.ages_asked.add(code)
        if asked.get("prompt") == "login":
            self.signed_in_at = time.time()
        return {"code": code, "state": asked["state"]}

    def logout_token(self, bend: Bend = lambda claims: None, **header: Any) -> str:
        """What it tells when its person signs out there."""
        now = int(time.time())
        claims: Claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": f"out-{time.time_ns()}"}
        claims |= {"sub": self.person["sub"], "sid": self.sid, "events": {LOGOUT: {}}}
        bend(claims)
        return signed(claims, self.key, **{"typ": "logout+jwt"} | header)


async def public(_host: str, _port: int) -> list[str]:
    """Every host is somewhere on the internet."""
    return ["93.184.215.14"]


def signed(claims: Mapping[str, Any], key: Any = KEY, alg: str = "RS256", **header: Any) -> str:
    named = {"kid": key.kid} if key.kid else {}
    return jws.serialize_compact({"alg": alg, **named, **header}, json.dumps(claims).encode(), key, [alg])


def unsigned(claims: Mapping[str, Any]) -> str:
    parts = (json.dumps({"alg": "none"}), json.dumps(claims))
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


def reply(data: object, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=Body(json.dumps(data).encode()))


class Body(httpx.AsyncByteStream):
    """A body that comes as it is."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> Any:
        yield self._content
