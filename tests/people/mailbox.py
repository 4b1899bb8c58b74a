"""A studio that confirms e-mails, and the mailbox in which its letters arrive."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg
from fastapi import FastAPI
from psycopg.rows import dict_row

from atelier.app import create_app
from atelier.base.db import libpq_url
from atelier.people.account_settings import Mode
from atelier.people.answer import Answerer
from atelier.spine import Studio


def confirming(studio: Studio, mode: Mode = Mode.OPEN, *, verify: bool = True) -> Studio:
    """The studio with another way in."""
    return replace(studio, accounts=replace(studio.accounts, verify=verify, mode=mode))


def opened(studio: Studio, mode: Mode = Mode.OPEN, *, verify: bool = True) -> FastAPI:
    return create_app(confirming(studio, mode, verify=verify))


def rows(studio: Studio, statement: str, *values: object) -> list[dict[str, Any]]:
    """What the owner finds; it changes what the statement changes."""
    with psycopg.connect(libpq_url(studio.owner_url), row_factory=dict_row) as db:
        found = db.execute(statement, values)
        return found.fetchall() if found.description else []


async def answered(studio: Studio) -> list[dict[str, Any]]:
    """Answer all wishes, as a worker does; then all the mails there are, the oldest first."""
    answerer = Answerer(studio.worker_db, studio.accounts.writer)
    for row in rows(studio, "SELECT id FROM confirmations WHERE answered_at IS NULL ORDER BY id"):
        await answerer.answer(str(row["id"]))
    return rows(studio, "SELECT * FROM mails ORDER BY id")


def link(studio: Studio, mail: Mapping[str, Any]) -> str:
    """The path of the link in a mail, with its key."""
    text = studio.accounts.keys.put_into(mail["body"], mail["key_id"])
    found = re.search(r"http://studio\.test(/\S+)", text)
    assert found is not None
    return found[1]


def key(studio: Studio, mail: Mapping[str, Any]) -> str:
    return link(studio, mail).partition("?key=")[2]
