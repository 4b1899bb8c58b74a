"""The command line itself: one sentence for an error, light when nothing heavy is asked, its pages up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from atelier import bootstrap
from atelier.base import migrate
from atelier.base.errors import Unavailable
from atelier.cli import COMMANDS, sentence
from atelier.cli.docs import PAGES, env_example
from atelier.settings import Settings
from atelier.tools import InvalidInput, find

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_imports_none(atelier: Run) -> None:
    shown = atelier("--help")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in COMMANDS)
    code = "import sys, atelier.cli; sys.exit(any(n in sys.modules for n in ('sqlalchemy', 'fastapi', 'psycopg')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_wrong_usage_is_status_2(atelier: Run) -> None:
    assert atelier("mkae").returncode == 2
    assert atelier("make").returncode == 2
    assert atelier("migrate", "sideways").returncode == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("It does not answer."), "It does not answer."),
        (InvalidInput({"prompt": "Prompt is empty.", "count": "Count is 9."}), "Prompt is empty.\nCount is 9."),
        (FileNotFoundError(2, "No such file or directory", "x.tar"), "x.tar: No such file or directory."),
        (OSError(28, "No space left on device"), "The disk is full. Free some room and try again; nothing was lost."),
        (ValueError("odd"), "Something broke. ValueError: odd (ATELIER_DEBUG=1 shows where.)"),
    ],
)
def test_an_error_is_a_sentence(error: Exception, said: str) -> None:
    assert sentence(error) == said


def test_debugging_shows_where(atelier: Run, home: Path) -> None:
    home.write_text("a file")
    assert "Traceback" not in atelier("migrate", "status").stderr
    assert "Traceback" in atelier("migrate", "status", ATELIER_DEBUG="1").stderr


def test_the_generated_pages_are_up_to_date(atelier: Run) -> None:
    checked = atelier("docs", "--check")
    assert checked.returncode == 0, checked.stderr
    assert set(PAGES) >= {".env.example", "docs/settings.md", "docs/commands.md"}


def test_the_example_names_every_setting_and_sets_none() -> None:
    lines = env_example().splitlines()
    assert all(f"#ATELIER_{name.upper()}=" in "\n".join(lines) for name in Settings.model_fields)
    assert all(line == "" or line.startswith("#") for line in lines)


def test_migrations_go_up_down_and_are_asked_for(atelier: Run) -> None:
    behind = atelier("migrate", "status", "--check")
    assert behind.returncode == 1
    assert "The database is at none" in behind.stdout
    assert atelier("migrate", "up").returncode == 0
    assert atelier("migrate", "status", "--check").returncode == 0
    assert atelier("migrate", "down", "base", "--yes").returncode == 0
    assert atelier("migrate", "status", "--check").returncode == 1


@pytest.mark.fault
def test_a_worker_waits_for_the_migration_that_it_needs(atelier: Run) -> None:
    assert atelier("migrate", "up", "20261120_1200").returncode == 0
    refused = atelier("work")
    assert refused.returncode == 1
    assert "run `bin/atelier migrate up`" in refused.stderr


def test_the_embedded_database_has_one_name() -> None:
    assert bootstrap.DATABASE == migrate.DATABASE


def test_every_tool_shows_its_fields(atelier: Run) -> None:
    shown = atelier("make", "image.generate", "--fields").stdout
    assert all(name in shown for name in find("image.generate").Input.model_fields)
