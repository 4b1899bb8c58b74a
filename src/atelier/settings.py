"""Every setting of the studio, typed and validated together; only `bootstrap` and the command line read this module.

Those of one room stand in its `settings.py`; what concerns the whole studio stands here.

Each comes from the environment as `ATELIER_NAME`, from `.env`, or, for secrets, from the file that `ATELIER_NAME_FILE`
names. The table in the docs and `.env.example` are generated from here.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from atelier.base import unfinished
from atelier.base.addresses import parse_allowed
from atelier.base.crypto import new_token
from atelier.base.errors import AtelierError
from atelier.base.room_settings import PREFIX, CommaList, RoomSettings, scheme_misfits
from atelier.base.whole import write_whole

OfRoom = TypeVar("OfRoom", bound=RoomSettings)
CLONE = Path(__file__).parents[2]  # where .env and data/ lie, when the studio runs from a clone as bin/studio does
HERE = CLONE if (CLONE / "bin" / "studio").exists() else Path()


class BadSettings(AtelierError):
    """The settings contradict themselves; the message names all faults at once."""

    code = "bad_settings"
    status = 500


class BadHome(AtelierError):
    """The data folder cannot be used; the message says why and what mends it."""

    code = "bad_home"
    status = 500


class _FromFiles(EnvSettingsSource):
    """Reads `ATELIER_X` from the file that `ATELIER_X_FILE` names, as containers hand over secrets."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = _named_files(self.env_file).get(field_name)
        try:
            return (Path(path).read_text().strip() if path else None), field_name, False
        except (OSError, UnicodeDecodeError):
            return None, field_name, False  # `load` names it among the other faults

    def __init__(self, settings_cls: type[BaseSettings], env_file: Path | None) -> None:
        self.env_file = env_file
        super().__init__(settings_cls)


class Settings(RoomSettings):
    """What an operator can set. Defaults suit one machine; production refuses what is unsafe.

    These fields concern the whole studio; `room(kind)` has those that stand beside a room.
    """

    model_config = SettingsConfigDict(env_file=HERE / ".env")

    env: Literal["development", "production"] = Field(
        "development", description="`production` refuses to start with anything unsafe."
    )
    home: Path = Field(
        Path("data"),
        validate_default=True,
        description="The data folder: database, files, catalog, secret. Default: `data` in the clone.",
    )
    host: str = Field("127.0.0.1", description="The address that the web process listens on.")
    port: int = Field(8420, ge=1, le=65535, description="The port that the web process listens on.")
    url: str = Field("", description="The address under which people reach the studio; default: host and port.")
    hosts: str = Field(
        "",
        description="The host names under which the studio answers, with commas: `art.example.org, *.example.org`; it"
        " refuses others with 421. The host of ATELIER_URL is always one. Default: that host and loopback names; in"
        " development also every IP address and this machine's name.",
    )
    secret: SecretStr = Field(
        SecretStr(""), description="Signs links and derives keys; at least 32 characters. Default: made on first start."
    )
    debug: bool = Field(False, description="Shows the causes of crashes to whoever meets them.")
    database_url: SecretStr = Field(
        SecretStr(""), description="Your own PostgreSQL (15 or newer), as its owner. Default: the embedded one."
    )
    database_pool: int = Field(
        8,
        ge=2,
        le=100,
        description="Database connections that a process keeps at most for each of its three roles.",
    )
    database_prepare: bool = Field(
        True,
        description="Whether connections prepare statements. Turn it off where a pooler hands each transaction another"
        " connection, as PgBouncer with `pool_mode = transaction`.",
    )
    redis_url: SecretStr = Field(SecretStr(""), description="Shares limits between processes. Default: each its own.")
    catalog: Path | None = Field(
        None, description="The models on offer, as TOML. Default: `catalog.toml` in the data folder."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is logged.")
    sentry_dsn: SecretStr = Field(
        SecretStr(""), description="Where errors are also reported, without what members write. Default: nowhere."
    )
    log_format: Literal["json", "text"] = Field("json", description="How it is logged.")
    worker_concurrency: int = Field(2, ge=1, le=64, description="Jobs that one worker performs at a time.")
    limits: str = Field(
        "", description="Other rates than the built-in ones, with commas: `generation=20/minute, sign_up=9/hour`."
    )
    cors_origins: CommaList = Field(
        (), description="Other sites whose pages may call the API with a token, with commas: `https://app.example`."
    )
    connections_per_address: int = Field(
        200,
        ge=8,
        le=100_000,
        description="Connections that one address (of IPv6: one /64 network) may keep open to one web process. Behind a"
        " trusted proxy its client's open requests are counted instead.",
    )
    private_hosts: str = Field(
        "",
        description="Hosts, addresses and networks inside your own network that the studio may ask, with commas, such"
        " as `gpu.lan, 10.0.0.0/8`, also by http. Every other private address is refused, whoever names it.",
    )
    trusted_proxies: str = Field(
        "",
        description="Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed, with commas:"
        " addresses and networks such as `172.16.0.0/12`. They must set or extend these headers themselves.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = _FromFiles(settings_cls, getattr(dotenv_settings, "env_file", None))
        return (init_settings, env_settings, files, dotenv_settings)

    def room(self, kind: type[OfRoom]) -> OfRoom:
        """The settings of one room, by their class: `settings.room(MailSettings).smtp_url`."""
        if not isinstance(self, kind):
            raise TypeError(f"{kind.__name__} stands in no settings.py of a room, so nothing was read for it.")
        return self

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def origin(self) -> str:
        """The public address without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.url or f"http://{host}:{self.port}").rstrip("/")

    @field_validator("home", mode="after")
    @classmethod
    def _whole_path(cls, home: Path) -> Path:
        """A relative path is the caller's in the environment, and the clone's in `.env` and by default."""
        home = home.expanduser()
        return (home if os.environ.get(PREFIX + "HOME") else HERE / home).absolute()

    @model_validator(mode="after")
    def _safe(self) -> Self:
        rooms = (room.misfits(self) for room in type(self).__bases__ if issubclass(room, RoomSettings))
        faults = [*(fault for found in rooms for fault in found), *(self._risks() if self.production else ())]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def misfits(self) -> Iterator[str]:
        if any(ord(character) < 32 for character in str(self.home)):
            yield "ATELIER_HOME holds a line break or another control character, which no program takes in a path."
        for name, value, schemes in (
            ("URL", self.url, ("http", "https")),
            ("DATABASE_URL", self.database_url.get_secret_value(), ("postgresql", "postgres")),
            ("REDIS_URL", self.redis_url.get_secret_value(), ("redis", "rediss", "redis+unix")),
            ("SENTRY_DSN", self.sentry_dsn.get_secret_value(), ("https", "http")),
        ):
            yield from scheme_misfits(name, value, schemes)
        yield from self._address_misfits()
        if self.hosts:
            from atelier.web.hosts import parse_hosts  # the supervisor reads settings and should stay small

            try:
                parse_hosts(self.hosts)
            except ValueError as error:
                yield f"ATELIER_HOSTS {error}."
        if self.private_hosts:
            try:
                parse_allowed(self.private_hosts)
            except ValueError as error:
                yield f"ATELIER_PRIVATE_HOSTS {error}."
        if self.trusted_proxies:
            from atelier.limits.network import parse_networks  # the supervisor reads settings and should stay small

            try:
                parse_networks(self.trusted_proxies)
            except ValueError as error:
                yield f"ATELIER_TRUSTED_PROXIES {error}."
        for origin in self.cors_origins:
            found = urlsplit(origin)
            if found.scheme not in ("http", "https") or not found.netloc or found.path or "*" in origin:
                yield f"ATELIER_CORS_ORIGINS names {origin}, which is no origin: write https://host, without a path."
        if self.limits:
            from atelier.limits.limit import parse_rates  # the supervisor reads settings and should stay small

            try:
                parse_rates(self.limits)
            except ValueError as error:
                yield f"ATELIER_LIMITS: {error}."
        secret = self.secret.get_secret_value()
        if secret and len(secret) < 32 and not self.production:
            yield "ATELIER_SECRET is shorter than 32 characters."

    def _address_misfits(self) -> Iterator[str]:
        try:
            found = urlsplit(self.url)
            named = bool(found.hostname) and found.port != 0
        except ValueError:
            found, named = urlsplit(""), False
        if self.url and not named:
            yield "ATELIER_URL names no host, or a port that is none."
        elif found.path.strip("/") or found.query or found.fragment or found.username is not None:
            yield (
                f"ATELIER_URL is {self.url}, which is more than scheme, host and port: the studio cannot live under a"
                " path of another site. Give it a host name of its own, like https://studio.example.org."
            )

    def _risks(self) -> Iterator[str]:
        secret = self.secret.get_secret_value()
        if not secret:
            yield "ATELIER_SECRET (or ATELIER_SECRET_FILE) must be set in production."
        elif len(secret) < 32 or len(set(secret)) < 10:
            yield "ATELIER_SECRET is too short or too regular: use 32 random characters or more."
        if self.debug:
            yield "ATELIER_DEBUG must be off in production."
        if not self.origin.startswith("https://"):
            yield f"ATELIER_URL must be an https address in production, not {self.origin}."
        database = urlsplit(self.database_url.get_secret_value())
        if database.hostname and not database.password and "host=" not in database.query:
            yield "ATELIER_DATABASE_URL names a database on the network without a password."


def _of_rooms() -> Iterator[type[RoomSettings]]:
    """The settings of each room that has a `settings.py`, loaded without the room: no process pays for it here."""
    for path in sorted(Path(__file__).parent.glob("*/settings.py")):
        name = f"atelier.{path.parent.name}.settings"
        if name not in sys.modules and (spec := spec_from_file_location(name, path)) and spec.loader:
            sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
        for found in vars(sys.modules[name]).values():
            if isinstance(found, type) and issubclass(found, RoomSettings) and found.__module__ == name:
                yield found


if not TYPE_CHECKING:  # for mypy it stays the class above; a room's own fields are reached by `room(kind)`
    Settings = type("Settings", (Settings, *_of_rooms()), {"__module__": __name__, "__doc__": Settings.__doc__})


def load(*, filling: bool = False, **overrides: Any) -> Settings:
    """The settings, with the data folder's secret where none is set; `BadSettings` or `BadHome` says what is wrong.

    `Unfinished` if a restore into the data folder did not come to its end, unless it is the one that is `filling` it.
    """
    settings = read(**overrides)
    if not filling:
        unfinished.refuse(settings.home)
    return settings if settings.secret.get_secret_value() else settings.model_copy(update={"secret": _secret(settings)})


def read(**overrides: Any) -> Settings:
    """Read and validate the settings and touch nothing; `BadSettings` names every fault at once."""
    faults = list(_unreadable_files())
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise BadSettings("\n".join(faults + [_in_words(dict(fault)) for fault in error.errors()])) from error
    if faults:
        raise BadSettings("\n".join(faults))
    return settings


def unknown() -> list[str]:
    """A sentence for each `ATELIER_` variable that is no setting: most often a slip of the pen."""
    known = {f"{PREFIX}{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
    found = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    sentences = []
    for name in found:
        close = get_close_matches(name.upper(), known, n=1)
        sentences.append(f"{name} is no setting of the studio" + (f"; {close[0]} is." if close else "."))
    return sentences


def _named_files(env_file: Path | str | None) -> dict[str, str]:
    written = dotenv_values(env_file) if env_file and Path(env_file).is_file() else {}
    everything = {name.upper(): path for name, path in {**written, **os.environ}.items()}
    named = {name: everything.get(f"{PREFIX}{name}_FILE".upper()) for name in Settings.model_fields}
    return {name: path for name, path in named.items() if path}


def _unreadable_files() -> Iterator[str]:
    for name, path in _named_files(HERE / ".env").items():
        try:
            Path(path).read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            yield f"ATELIER_{name.upper()}_FILE: {path} cannot be read: {reason}."


def _in_words(fault: dict[str, Any]) -> str:
    """One of pydantic's errors as a sentence that names the variable and what it may be."""
    if not fault["loc"]:
        return str(fault["msg"]).removeprefix("Value error, ")
    name, context = str(fault["loc"][0]), fault.get("ctx", {})
    field = Settings.model_fields[name]
    ranges = {type(limit).__name__: limit for limit in field.metadata}
    if "Ge" in ranges and "Le" in ranges:
        wanted = f"a whole number from {ranges['Ge'].ge} to {ranges['Le'].le}"
    elif field.annotation in (bool, bool | None):
        wanted = "true or false"
    elif "expected" in context:
        wanted = str(context["expected"]).replace("'", "")
    else:
        return f"ATELIER_{name.upper()}: {fault['msg']}."
    return f"ATELIER_{name.upper()} must be {wanted}, not {fault['input']!r}."


def _secret(settings: Settings) -> SecretStr:
    """The secret kept in the data folder, made on the first start."""
    path = settings.home / "secret"
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text().strip()
    except OSError as error:
        raise BadHome(home_trouble(settings.home, error)) from error
    if len(secret) < 32:
        raise BadHome(f"{path} holds no secret any more. Put it back from a backup, or delete it to get a new one.")
    return SecretStr(secret)


def _make_secret(path: Path) -> None:
    """Write a fresh secret so that it is there whole or not at all, and the same for all who come at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        write_whole(path, new_token(48).encode(), mode=0o600, overwrite=False)


def home_trouble(home: Path, error: OSError) -> str:
    """Why the data folder cannot be used, as one sentence with what mends it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds {home} is full. Free some room and start again; nothing was lost."
    if error.errno == errno.EROFS:
        return f"The data folder {home} is on a disk that cannot be written to. Name another with ATELIER_HOME."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"The data folder {home} may not be written to by this user. Start the studio as its owner, or name another"
            " folder with ATELIER_HOME."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"The data folder {home} is no folder: a file is in its place. Name another with ATELIER_HOME."
    return f"The data folder {home} cannot be used: {error.strerror}. Name another with ATELIER_HOME."
