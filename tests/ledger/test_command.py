"""`atelier ledger`, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import SECRET
from tests.ledger.bank import Saboteur, open_bank
from typer.testing import CliRunner

from atelier.base.ids import new_id
from atelier.cli.ledger import app


@pytest.fixture
def maker(owner_url: str, saboteur: Saboteur, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A member with a wallet, in the studio that the settings name."""
    for name, value in {"DATABASE_URL": owner_url, "SECRET": SECRET, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(f"ATELIER_{name}", value)
    monkeypatch.chdir(tmp_path)
    with open_bank(owner_url) as (bank, runner):
        member: UUID = runner.run(bank.member())
    saboteur.execute("INSERT INTO members (id, email, name) VALUES (%(id)s, 'maker@example.org', 'Maker')", id=member)
    return member


def _run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=True)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def _json(*words: str, status: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run(*words, "--json", status=status))
    return found


def test_credits_granted_stand_in_the_statement_and_the_books_balance(maker: UUID) -> None:
    assert "is given 20 credits and has 20 credits" in _run("grant", "Maker@Example.org", "20", "--memo", "Thanks")
    assert "has 25 credits" in _run("grant", str(maker), "5", "--key", "once")
    assert "was given this before and has 25 credits" in _run("grant", str(maker), "5", "--key", "once")
    told = _json("statement", "maker@example.org")
    assert (told["member"], told["available"], told["held"]) == (str(maker), 25, 0)
    assert [(line["amount"], line["memo"]) for line in told["lines"]] == [(5, None), (20, "Thanks")]
    assert "Thanks" in _run("statement", str(maker))
    assert _json("check") == {"balanced": True, "accounts": 7, "postings": 4, "differences": []}


@pytest.mark.parametrize("memo", ["x" * 201, "Thanks\u200b", "\x1b[31mThanks"])
def test_a_memo_has_the_rule_that_the_console_has(maker: UUID, memo: str) -> None:
    _run("grant", str(maker), "5", "--memo", memo, status=1)
    assert _json("statement", str(maker))["lines"] == []


def test_damage_exits_with_one_and_is_named(maker: UUID, saboteur: Saboteur) -> None:
    saboteur.execute("UPDATE accounts SET balance = 9 WHERE member_id = %(maker)s", maker=maker)
    report = _json("check", status=1)
    assert not report["balanced"]
    assert [(each["what"], each["expected"], each["found"]) for each in report["differences"]] == [
        ("balance", 0, 9),
        ("lots", 9, 0),
    ]
    assert "9 where 0 was expected" in _run("check", status=1)


def test_nobody_is_told_from_somebody(maker: UUID) -> None:
    for who in ("nobody@example.org", str(new_id())):
        result = CliRunner().invoke(app, ["grant", who, "5"])
        assert str(result.exception) == f"There is no member {who} here."
