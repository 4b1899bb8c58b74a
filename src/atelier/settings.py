"""Every setting of the studio, typed and validated together; only `bootstrap` reads this module.

Each comes from the environment as `ATELIER_NAME`, from `.env`, or, for secrets, from the file that `ATELIER_NAME_FILE`
names. The table in the docs and `.env.example` are generated from here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from atelier.base.crypto import new_token
from atelier.base.errors import AtelierError


class BadSettings(AtelierError):
    """The settings contradict themselves; the message names all faults at once."""

    code = "bad_settings"
    status = 500


class _FromFiles(EnvSettingsSource):
    """Reads `ATELIER_X` from the file that `ATELIER_X_FILE` names, as containers hand over secrets."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{self.env_prefix}{field_name}_FILE".upper())
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text().strip(), field_name, False
        except OSError as error:
            raise BadSettings(f"ATELIER_{field_name.upper()}_FILE cannot be read: {error}") from error


class Settings(BaseSettings):
    """What an operator can set. Defaults suit one machine; production refuses what is unsafe."""

    model_config = SettingsConfigDict(env_prefix="ATELIER_", env_file=".env", extra="ignore", frozen=True)

    env: Literal["development", "production"] = Field(
        "development", description="`production` refuses to start with anything unsafe."
    )
    home: Path = Field(Path("data"), description="The data folder: database, files, catalog, secret.")
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
    log_format: Literal["json", "text"] = Field("json", description="How it is logged.")
    worker_concurrency: int = Field(2, ge=1, le=64, description="Jobs that one worker performs at a time.")
    worker_queues: str = Field("", description="Engines that this host's worker serves, with commas. Default: all.")
    trusted_proxies: str = Field("", description="Addresses whose X-Forwarded-For is believed, with commas.")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            sources["init_settings"],
            sources["env_settings"],
            _FromFiles(settings_cls),
            sources["dotenv_settings"],
        )

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def origin(self) -> str:
        """The public address without a slash at its end."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        faults = list(self._faults()) if self.production else []
        secret = self.secret.get_secret_value()
        if secret and len(secret) < 32 and not self.production:
            faults.append("ATELIER_SECRET is shorter than 32 characters.")
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            faults.append("ATELIER_URL must begin with https:// (or http:// in development).")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _faults(self) -> Any:
        secret = self.secret.get_secret_value()
        if not secret:
            yield "ATELIER_SECRET (or ATELIER_SECRET_FILE) must be set in production."
        elif len(secret) < 32 or len(set(secret)) < 10:
            yield "ATELIER_SECRET is too short or too regular: use 32 random characters or more."
        if self.debug:
            yield "ATELIER_DEBUG must be off in production."
        if not self.origin.startswith("https://"):
            yield f"ATELIER_URL must be an https address in production, not {self.origin}."
        database = self.database_url.get_secret_value()
        if database and "@" in database and not urlsplit(database).password and "host=" not in database:
            yield "ATELIER_DATABASE_URL names a database on the network without a password."


def load(**overrides: Any) -> Settings:
    """Read and validate the settings; `BadSettings` names every fault at once."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = f"ATELIER_{str(fault['loc'][0]).upper()}: " if fault["loc"] else ""
            lines.append(name + fault["msg"].removeprefix("Value error, "))
        raise BadSettings("\n".join(lines)) from error
    return settings if settings.secret.get_secret_value() else settings.model_copy(update={"secret": _secret(settings)})


def _secret(settings: Settings) -> SecretStr:
    """The secret kept in the data folder, made on the first start."""
    path = settings.home / "secret"
    if not path.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(new_token(48))
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return SecretStr(path.read_text().strip())
