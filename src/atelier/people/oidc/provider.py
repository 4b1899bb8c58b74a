"""A provider as the operator names it, in `oidc.toml` or the setting that holds the same text."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

GITHUB = "https://github.com"
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for members; `trusts_email`: its e-mails count as verified though it does not say so.

    `asks_again`: it can ask members to sign in again and says when they did (`prompt`, `max_age`, `auth_time`).
    """

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    kind: Literal["openid", "github"] = "openid"
    trusts_email: bool = False
    asks_again: bool = True

    @property
    def host(self) -> str:
        """The host whose address may be a private one, because the operator named it."""
        return urlsplit(self.issuer).hostname or ""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    kind: Literal["openid", "github"] = "openid"
    issuer: _Line | None = None
    client_id: _Line
    client_secret: _Line | None = None
    client_secret_file: Path | None = None
    scopes: list[Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$")]] | None = Field(
        None, max_length=20
    )
    trusts_email: bool = False
    asks_again: bool | None = None


def parse(text: str, folder: Path = Path()) -> tuple[Provider, ...]:
    """The providers that `text` names: TOML with a `[[provider]]` for each, or JSON, a list of them.

    Files of secrets are relative to `folder`. Raises `ValueError` with a sentence for each fault, a line each.
    """
    found: list[Provider] = []
    faults: list[str] = []
    for number, entry in enumerate(_entries(text), 1):
        try:
            found.append(_provider(_Written.model_validate(entry), folder))
        except ValidationError as error:
            faults += [f"provider {number}: {'.'.join(map(str, f['loc']))}: {f['msg']}." for f in error.errors()]
        except ValueError as error:
            faults.append(f"provider {number}: {error}")
    faults += _twice([provider.id for provider in found], "id")
    faults += _twice([provider.issuer for provider in found], "issuer")
    if faults:
        raise ValueError("\n".join(faults))
    return tuple(found)


def _entries(text: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        written = json.loads(text)
    except ValueError:
        try:
            written = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"this is neither TOML nor JSON: {error}.") from None
    if isinstance(written, dict):
        if set(written) - {"provider"}:
            raise ValueError(f"begin each provider with [[provider]]; {', '.join(written)} is not known here.")
        written = written.get("provider", [])
    if not isinstance(written, list):
        raise ValueError("begin each provider with [[provider]], twice bracketed.")
    return written


def _provider(written: _Written, folder: Path) -> Provider:
    github = written.kind == "github"
    issuer = written.issuer or (GITHUB if github else "")
    _check_issuer(issuer)
    scopes = tuple(written.scopes or (("read:user", "user:email") if github else ("openid", "email", "profile")))
    if not github and "openid" not in scopes:
        raise ValueError("scopes must name openid.")
    if github and written.asks_again:
        raise ValueError("asks_again must be false or left out: GitHub cannot ask members to sign in again.")
    secret = _secret(written, folder)
    if github and secret is None:
        raise ValueError("a client_secret or client_secret_file is missing, which GitHub needs.")
    return Provider(
        id=written.id,
        name=written.name,
        issuer=issuer,
        client_id=written.client_id,
        client_secret=secret,
        scopes=scopes,
        kind=written.kind,
        trusts_email=written.trusts_email,
        asks_again=not github if written.asks_again is None else written.asks_again,
    )


def _check_issuer(issuer: str) -> None:
    parts = urlsplit(issuer)
    if not issuer:
        raise ValueError("issuer is missing.")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"issuer {issuer} is no address of a provider.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _this_machine(parts.hostname)):
        raise ValueError(f"issuer {issuer} must begin with https://.")


def _this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(written: _Written, folder: Path) -> str | None:
    if written.client_secret_file is None:
        return written.client_secret
    if written.client_secret is not None:
        raise ValueError("client_secret and client_secret_file are both set; keep one.")
    path = folder / written.client_secret_file
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"client_secret_file {path} cannot be read: {reason}.") from None
    if not secret:
        raise ValueError(f"client_secret_file {path} is empty.")
    return secret


def _twice(values: list[str], what: str) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{what} {value} is used twice."
