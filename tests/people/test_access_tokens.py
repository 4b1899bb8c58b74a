"""Access tokens that are mangled, foreign, old or made by somebody else open nothing and stand in no log."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import OctKey
from structlog.testing import capture_logs
from tests.conftest import SECRET
from tests.people.test_apps import phone, sign_in
from tests.roles import ORIGIN, Person

from atelier.base.clock import now
from atelier.base.crypto import derive
from atelier.base.ids import new_id
from atelier.people.access_tokens import LASTS, LONGEST, AccessTokens

__all__ = ["phone"]
OURS = OctKey.import_key(derive(SECRET, "access token 1"))
FOREIGN = OctKey.import_key(b"somebody else's key of 32 bytes!")
HEAD = {"alg": "HS256", "kid": "1", "typ": "at+jwt"}


def parts(token: str) -> tuple[dict[str, object], dict[str, object]]:
    head, claims = (base64.urlsafe_b64decode(part + "===") for part in token.split(".")[:2])
    return json.loads(head), json.loads(claims)


def sealed(token: str, key: OctKey = OURS, /, **claims: object) -> str:
    """The token's claims with others among them, signed again."""
    return jws.serialize_compact(HEAD, json.dumps({**parts(token)[1], **claims}).encode(), key)


def headed(token: str, **head: object) -> str:
    """The token under another header; the signature stays."""
    written = base64.urlsafe_b64encode(json.dumps({**HEAD, **head}).encode()).rstrip(b"=").decode()
    return f"{written}.{token.partition('.')[2]}"


def signed_so(token: str, **head: object) -> str:
    """The token under another header, signed with our own key."""
    return jws.serialize_compact({**HEAD, **head}, token.split(".")[1].encode(), OURS, algorithms=["HS256", "HS512"])


LATER = int(now().timestamp()) + 3600
FORGED: dict[str, Callable[[str], str]] = {
    "another key": lambda token: sealed(token, FOREIGN),
    "an empty signature": lambda token: token.rpartition(".")[0] + ".",
    "no signature": lambda token: token.rpartition(".")[0],
    "none": lambda token: headed(token, alg="none").rpartition(".")[0] + ".",
    "NONE": lambda token: headed(token, alg="NONE"),
    "another algorithm": lambda token: signed_so(token, alg="HS512"),
    "another key's name": lambda token: signed_so(token, kid="2"),
    "a path for a name": lambda token: signed_so(token, kid="../../dev/null"),
    "a statement for a name": lambda token: headed(token, kid="x' UNION SELECT 'x"),
    "a key of its own": lambda token: headed(token, jwk={"kty": "oct", "k": "AAAA"}),
    "an address for keys": lambda token: headed(token, jku="https://elsewhere.invalid/keys"),
    "another kind": lambda token: signed_so(token, typ="JWT"),
    "another audience": lambda token: sealed(token, aud="https://elsewhere.invalid"),
    "audiences": lambda token: sealed(token, aud=[f"{ORIGIN}/api"]),
    "another issuer": lambda token: sealed(token, iss="https://elsewhere.invalid"),
    "another member": lambda token: sealed(token, sub=str(new_id())),
    "another sign-in": lambda token: sealed(token, sid=str(new_id())),
    "an end that passed": lambda token: sealed(token, exp=int(now().timestamp()) - 1),
    "no end": lambda token: sealed(token, exp=None),
    "an endless end": lambda token: sealed(token, exp="never"),
    "a beginning to come": lambda token: sealed(token, nbf=LATER),
    "a bit turned": lambda token: token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:],
    "claims turned": lambda token: token.replace(".ey", ".ez", 1),
    "twice": lambda token: token + token,
    "huge": lambda token: sealed(token, more="x" * LONGEST),
    "very huge": lambda token: token + "A" * 6000,
    "a line break": lambda token: token[:20] + "%0d%0a" + token[20:],
}


@pytest.mark.parametrize("forged", list(FORGED))
async def test_what_is_not_ours_opens_nothing(phone: httpx.AsyncClient, maker: Person, forged: str) -> None:
    good = (await sign_in(phone, maker))["access_token"]
    bad = FORGED[forged](good)
    with capture_logs() as lines:
        answer = await phone.get("/api/v1/me", headers={"authorization": f"Bearer {bad}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="atelier", error="invalid_token"'
    assert bad[20:60] not in repr(lines)
    assert (await phone.get("/api/v1/me", headers={"authorization": f"Bearer {good}"})).status_code == 200


async def test_it_says_whose_it_is_for_whom_and_until_when(phone: httpx.AsyncClient, maker: Person) -> None:
    pair = await sign_in(phone, maker, scopes=["jobs:read", "account:read"])
    head, claims = parts(pair["access_token"])
    assert head == HEAD
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "scope", "iat", "nbf", "exp"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ORIGIN, f"{ORIGIN}/api", str(maker.member_id))
    assert claims["scope"] == "account:read jobs:read"
    assert claims["exp"] == claims["iat"] + 900  # type: ignore[operator]  # numbers
    assert maker.email not in json.dumps(claims)


def test_it_is_good_for_fifteen_minutes() -> None:
    tokens = AccessTokens(lambda purpose: derive(SECRET, purpose), ORIGIN)
    made = now().replace(microsecond=0)
    token = tokens.make(member_id=new_id(), session_id=new_id(), scopes=["jobs:read"], at=made)
    assert tokens.read(token, at=made + LASTS - timedelta(seconds=1)) is not None
    assert tokens.read(token, at=made + LASTS) is None
    assert tokens.read(token, at=made - timedelta(seconds=59)) is not None
    assert tokens.read(token, at=made - timedelta(seconds=61)) is None


def test_keys_are_changed_without_a_gap() -> None:
    def tokens(*names: str) -> AccessTokens:
        return AccessTokens(lambda purpose: derive(SECRET, purpose), ORIGIN, names)

    old = tokens("1").make(member_id=new_id(), session_id=new_id(), scopes=["jobs:read"], at=now())
    assert tokens("2", "1").read(old, at=now()) is not None
    assert tokens("2").read(old, at=now()) is None
    new = tokens("2", "1").make(member_id=new_id(), session_id=new_id(), scopes=["jobs:read"], at=now())
    assert tokens("1").read(new, at=now()) is None
