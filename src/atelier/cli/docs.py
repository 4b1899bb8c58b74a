"""`atelier docs`: the pages of the documentation that are written from the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from atelier.base.errors import AtelierError
from atelier.base.room_settings import PREFIX
from atelier.cli.reference import commands
from atelier.cli.terminal import say
from atelier.settings import CLONE, Settings

app = typer.Typer()

NOTE = "<!-- Written by `bin/docs` from the code: change it there. -->"

SETTINGS = """# Settings

{note}

Each setting comes from the environment, or from `.env` beside the code; the environment wins. A secret can also be read
from a file: add `_FILE` to its name, as in `ATELIER_SECRET_FILE=/run/secrets/atelier`. All are checked together at the
start, and every fault is named at once. A relative path in the environment starts from where the command is called, one
in `.env` from the code.

| setting | default | may be | what it is for |
| --- | --- | --- | --- |
{rows}

With `ATELIER_ENV=production` the studio refuses to start without a secret of its own of 32 random characters or more,
with `ATELIER_DEBUG` on, with an address that is not https, and with a database on the network that asks for no
password. The embedded database never listens on the network: it is reached through a socket in the data folder.
"""


class OutOfDate(AtelierError):
    """A generated page differs from what the code says."""

    code = "docs_out_of_date"


@app.command()
def docs(
    check: bool = typer.Option(False, "--check", help="Write nothing; exit with 1 if a page is out of date."),
) -> None:
    """Write the generated pages of the documentation."""
    stale = [name for name, make in PAGES.items() if not _same(CLONE / name, make())]
    if check and stale:
        raise OutOfDate(f"Out of date: {', '.join(stale)}. Run bin/docs.")
    for name in stale:
        (CLONE / name).parent.mkdir(parents=True, exist_ok=True)
        (CLONE / name).write_text(PAGES[name]())
        say(f"Wrote {name}.")


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def env_example() -> str:
    """`.env.example`: every setting with what it is for, switched off."""
    parts = ["# The studio's settings: copy this file to .env and change what you need. Written by bin/docs."]
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        parts.append(f"# {field.description}\n#{variable}={_default(field)}")
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    """The settings as a table."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_quoted(_default(field))} | {_range(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS.format(note=NOTE, rows="\n".join(rows))


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value is PydanticUndefined or isinstance(value, SecretStr):
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: str) -> str:
    return f"`{value}`" if value else ""


def _range(field: FieldInfo) -> str:
    limits: dict[str, Any] = {type(limit).__name__: limit for limit in field.metadata}
    if "Ge" in limits and "Le" in limits:
        return f"{limits['Ge'].ge} to {limits['Le'].le}"
    if field.annotation is bool:
        return "`true` or `false`"
    if field.annotation is SecretStr:
        return "a secret, also by `_FILE`"
    words = [f"`{choice}`" for choice in get_args(field.annotation) if isinstance(choice, str)]
    return ", ".join(words) if words else "a path" if "Path" in str(field.annotation) else "text"


def commands_page() -> str:
    """The command line's commands with their arguments and options."""
    return f"# The command line\n\n{NOTE}\n\n{commands()}"


def audit_page() -> str:
    """The audit's checks."""
    from atelier.ops.audit import audit_markdown

    return audit_markdown(note=NOTE)


PAGES: dict[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/settings.md": settings_page,
    "docs/commands.md": commands_page,
    "docs/audit.md": audit_page,
}
