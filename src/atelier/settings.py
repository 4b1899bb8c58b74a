"""Every setting of the studio, typed and validated together; only `bootstrap` and the command line read this module.

Each comes from the environment as `ATELIER_NAME`, from `.env`, or, for secrets, from the file that `ATELIER_NAME_FILE`
names. The table in the docs and `.env.example` are generated from here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from atelier.base.crypto import new_token
from atelier.base.errors import AtelierError
from atelier.base.mailhead import is_sender

if TYPE_CHECKING:
    from atelier.people.oidc.provider import Provider

PREFIX = "ATELIER_"
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


class Settings(BaseSettings):
    """What an operator can set. Defaults suit one machine; production refuses what is unsafe."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=HERE / ".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

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
    secret: SecretStr = Field(
        SecretStr(""), description="Signs links and derives keys; at least 32 characters. Default: made on first start."
    )
    debug: bool = Field(False, description="Shows the causes of crashes to whoever meets them.")
    database_url: SecretStr = Field(
        SecretStr(""), description="Your own PostgreSQL (15 or newer), as its owner. Default: the embedded one."
    )
    redis_url: SecretStr = Field(SecretStr(""), description="Shares limits between processes. Default: each its own.")
    store_url: str = Field("", description="Where files go: `s3://`, `gs://`, `az://`. Default: the data folder.")
    catalog: Path | None = Field(
        None, description="The models on offer, as TOML. Default: `catalog.toml` in the data folder."
    )
    welcome_credits: int = Field(20, ge=0, le=10_000, description="Credits for each new member.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is logged.")
    sentry_dsn: SecretStr = Field(
        SecretStr(""), description="Where errors are also reported, without what members write. Default: nowhere."
    )
    log_format: Literal["json", "text"] = Field("json", description="How it is logged.")
    worker_concurrency: int = Field(2, ge=1, le=64, description="Jobs that one worker performs at a time.")
    worker_queues: str = Field("", description="Engines that this host's worker serves, with commas. Default: all.")
    extras: Literal["local", "none"] = Field(
        "local", description="`none` leaves out the models that run here: nothing is installed for them or offered."
    )
    engine_idle: int = Field(
        300, ge=1, le=86_400, description="Seconds after which a model that runs here and rests gives its memory back."
    )
    engine_threads: int = Field(
        0, ge=0, le=256, description="Processor threads of a model that runs here; 0: one for each core."
    )
    engines_elsewhere: str = Field(
        "", description="Engines that only workers of other hosts serve, with commas; nothing they need is missed here."
    )
    limits: str = Field(
        "", description="Other rates than the built-in ones, with commas: `generation=20/minute, sign_up=9/hour`."
    )
    registration: Literal["open", "approval", "invitation", "closed"] = Field(
        "open", description="Who may open an account: anybody, whom an operator approves or invites, or nobody."
    )
    verify_email: bool | None = Field(
        None, description="Whether a new member confirms their e-mail first. Default: yes where a mail server is set."
    )
    grace_days: int = Field(
        14, ge=1, le=365, description="Days between a member's wish to leave and the erasing of their account."
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The mail server: `smtp://user:password@host:587` or `smtps://…`. Default: none, and the operator"
        " reads the mail in the console.",
    )
    mail_from: str = Field("", description="Whom mail comes from: `Atelier <studio@example.org>`.")
    oidc: SecretStr = Field(
        SecretStr(""),
        description="Other ways to sign in: OpenID providers and GitHub, as TOML or JSON. Default: `oidc.toml` in the"
        " data folder, if there is one.",
    )
    cors_origins: str = Field(
        "", description="Other sites whose pages may call the API with a token, with commas: `https://app.example`."
    )
    trusted_proxies: str = Field("", description="Addresses whose X-Forwarded-For is believed, with commas.")

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

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def origin(self) -> str:
        """The public address without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Through whom members can sign in; `ValueError` says what is wrong with what the operator wrote."""
        written, path = self.oidc.get_secret_value(), self.home / "oidc.toml"
        # a data folder that cannot be entered at all is named by whoever opens it
        if not written and os.access(self.home, os.X_OK) and path.is_file():
            try:
                written = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ValueError(f"{path} cannot be read: {reason}.") from None
        if not written:
            return ()
        from atelier.people.oidc.provider import parse  # the supervisor reads settings and should stay small

        return parse(written, self.home)

    @property
    def verifies(self) -> bool:
        """Whether a new member confirms their e-mail before anything else."""
        return bool(self.smtp_url.get_secret_value()) if self.verify_email is None else self.verify_email

    @field_validator("home", mode="after")
    @classmethod
    def _whole_path(cls, home: Path) -> Path:
        """A relative path is the caller's in the environment, and the clone's in `.env` and by default."""
        home = home.expanduser()
        return (home if os.environ.get(PREFIX + "HOME") else HERE / home).absolute()

    @model_validator(mode="after")
    def _safe(self) -> Self:
        faults = [*self._misfits(), *(self._risks() if self.production else ())]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _misfits(self) -> Iterator[str]:
        for name, value, schemes in (
            ("URL", self.url, ("http", "https")),
            ("DATABASE_URL", self.database_url.get_secret_value(), ("postgresql", "postgres")),
            ("REDIS_URL", self.redis_url.get_secret_value(), ("redis", "rediss", "redis+unix")),
            ("SMTP_URL", self.smtp_url.get_secret_value(), ("smtp", "smtps")),
            ("SENTRY_DSN", self.sentry_dsn.get_secret_value(), ("https", "http")),
            ("STORE_URL", self.store_url, ("s3", "gs", "az", "file", "memory")),
        ):
            if value and urlsplit(value).scheme not in schemes:
                yield f"ATELIER_{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}."
        yield from self._mail_misfits()
        for proxy in filter(None, (part.strip() for part in self.trusted_proxies.split(","))):
            try:
                ip_address(proxy)
            except ValueError:
                yield f"ATELIER_TRUSTED_PROXIES names {proxy}, which is no IP address."
        for origin in filter(None, (part.strip() for part in self.cors_origins.split(","))):
            found = urlsplit(origin)
            if found.scheme not in ("http", "https") or not found.netloc or found.path or "*" in origin:
                yield f"ATELIER_CORS_ORIGINS names {origin}, which is no origin: write https://host, without a path."
        try:
            _ = self.providers
        except ValueError as error:
            yield from (f"ATELIER_OIDC: {fault}" for fault in str(error).splitlines())
        if self.limits:
            from atelier.limits.limit import parse_rates  # the supervisor reads settings and should stay small

            try:
                parse_rates(self.limits)
            except ValueError as error:
                yield f"ATELIER_LIMITS: {error}."
        secret = self.secret.get_secret_value()
        if secret and len(secret) < 32 and not self.production:
            yield "ATELIER_SECRET is shorter than 32 characters."

    def _mail_misfits(self) -> Iterator[str]:
        server = self.smtp_url.get_secret_value()
        try:
            if server and not (urlsplit(server).hostname and urlsplit(server).port != 0):
                yield "ATELIER_SMTP_URL names no server."
        except ValueError:
            yield "ATELIER_SMTP_URL names a port that is none."
        if server and not self.mail_from:
            yield "ATELIER_MAIL_FROM must be set with ATELIER_SMTP_URL, like `Atelier <studio@example.org>`."
        if self.mail_from and not is_sender(self.mail_from):
            yield "ATELIER_MAIL_FROM must be an address, like `Atelier <studio@example.org>`."

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


def load(**overrides: Any) -> Settings:
    """The settings, with the data folder's secret where none is set; `BadSettings` or `BadHome` says what is wrong."""
    settings = read(**overrides)
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
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(new_token(48))
            out.flush()
            os.fsync(out.fileno())
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink(missing_ok=True)


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
