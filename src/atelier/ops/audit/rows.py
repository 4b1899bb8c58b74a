"""A row in every table that somebody can own, made from the database's catalogue: a new table needs no line here."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from atelier.base.clock import now
from atelier.base.ids import new_id

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# the ledger's rows stay for ever, so that nobody who leaves again gets one: its tables are tried with others' rows
LEDGER = ("accounts", "transfers", "postings", "holds", "lots")
OWNED = """
SELECT c.oid, c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'member_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
  AND c.relname <> ALL ($1) ORDER BY c.relname"""
COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS needed,
       a.attgenerated <> '' OR a.attidentity = 'a' AS made,
       (SELECT f.confrelid::regclass::text FROM pg_constraint f
         WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1) AS refers
FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
RULES = """
SELECT c.conname AS name, pg_get_constraintdef(c.oid) AS says,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) AS columns
FROM pg_constraint c WHERE c.conrelid = $1 AND c.contype = 'c'"""
KEY = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = $1 AND i.indisprimary AND a.atttypid = 'uuid'::regtype"""
TRIES = 60


@dataclass(frozen=True, slots=True)
class Made:
    """A row of a member's: what was written, and the id by which a route could name it."""

    values: Mapping[str, Any]
    id: UUID | None


class CannotMake(Exception):
    """The catalogue does not say enough to write a row of this table."""


async def one_of_each(owner: Owner, member: UUID, words: str, queued: str) -> tuple[dict[str, Made], list[str]]:
    """What a member has in each table that they can own something in, made where there is nothing yet.

    `words` stand in every free text, so that they can be looked for; `queued` takes away what a row's own trigger put
    into the queue. Also returns a sentence about each table of which no row can be made.
    """
    made: dict[str, Made] = {}
    faults: list[str] = []
    waiting = list(await owner.fetch(OWNED, list(LEDGER)))
    while waiting:  # what refers to others comes after them
        later = []
        for table in waiting:
            columns = await owner.fetch(COLUMNS, table["oid"])
            names = {row["name"] for row in waiting} - {table["name"]}
            if any(column["needed"] and column["refers"] in names for column in columns):
                later.append(table)
                continue
            try:
                made[table["name"]] = await _one(owner, table, columns, member, words, made, queued)
            except CannotMake as error:
                faults.append(f"the audit can make no row of {table['name']}: {error}")
        if len(later) == len(waiting):
            faults += [f"{table['name']} waits for a table that waits for it" for table in later]
            break
        waiting = later
    return made, faults


async def _one(
    owner: Owner,
    table: asyncpg.Record,
    columns: Sequence[asyncpg.Record],
    member: UUID,
    words: str,
    others: Mapping[str, Made],
    queued: str,
) -> Made:
    key = await owner.fetchval(KEY, table["oid"])
    name = table["name"]
    had = await owner.fetchrow(f'SELECT * FROM "{name}" WHERE member_id = $1 ORDER BY 1 LIMIT 1', member)  # noqa: S608
    if had is not None:
        written = {column["name"]: had[column["name"]] for column in columns if not column["made"]}
        return Made(written, had[key] if key else None)
    rules = await owner.fetch(RULES, table["oid"])
    choices = {c["name"]: _choices(c, rules, member, words, others) for c in columns if not c["made"]}
    at = dict.fromkeys(choices, 0)
    for _ in range(TRIES):
        values = {column: choices[column][place] for column, place in at.items() if choices[column][place] is not None}
        try:
            async with owner.transaction():
                await owner.execute(_insert(name, values), *values.values())
                await owner.execute(queued, [str(value) for value in values.values() if isinstance(value, UUID)])
            return Made(values, values.get(key) if key else None)
        except asyncpg.CheckViolationError as error:
            broken: Sequence[str] = next(
                (rule["columns"] for rule in rules if rule["name"] == error.constraint_name), []
            )
            if not _next(at, choices, broken):
                raise CannotMake(f"nothing keeps to {error.constraint_name}") from error
        except asyncpg.PostgresError as error:
            raise CannotMake(f"{type(error).__name__}: {error}") from error
    raise CannotMake(f"{TRIES} tries")


def _choices(
    column: asyncpg.Record,
    rules: Sequence[asyncpg.Record],
    member: UUID,
    words: str,
    others: Mapping[str, Made],
) -> list[Any]:
    """What a column could hold, the likeliest first; None leaves it out."""
    name, kind, refers = column["name"], column["type"], column["refers"]
    if name == "member_id" or refers == "members":
        return [member] if column["needed"] or name == "member_id" else [None, member]
    if refers is not None:
        found = others[refers].id if refers in others else None
        return [found] if column["needed"] else [None, found]
    values = _of_type(kind, words)
    if kind in ("text", "text[]"):
        literals = [
            word
            for rule in rules
            if list(rule["columns"]) == [name] and "~" not in rule["says"]
            for word in re.findall(r"'([^']*)'::text", rule["says"])
        ]
        # what waits would be taken up by a worker; what is over comes last in such lists
        if kind == "text[]":
            values = [[literal] for literal in literals] + values
        else:
            values = list(reversed(literals)) + ([] if literals else values)
            if name == "state" and literals:
                return values  # its default is what waits
    return values if column["needed"] else [None, *values]


def _of_type(kind: str, words: str) -> list[Any]:
    known: dict[str, list[Any]] = {
        "uuid": [new_id()],
        "text": [words, f"{words}@audit.invalid", "ab" * 32, "en", f"{words}:audit", "1"],
        "character varying": [words],
        "boolean": [False, True],
        "integer": [1, 0, 100],
        "smallint": [1, 0],
        "bigint": [1, 0],
        "numeric": [1, 0],
        "double precision": [1.0, 0.0],
        "bytea": [words.encode(), bytes(16), bytes(32)],
        "jsonb": [json.dumps({"words": words}), json.dumps([words])],
        "timestamp with time zone": [now() + timedelta(days=1), now()],
        "date": [now().date()],
        "interval": [timedelta(days=1)],
        "inet": ["192.0.2.1"],
        "text[]": [[words], []],
        "uuid[]": [[new_id()], []],
        "xid8": [None],
    }
    if kind not in known:
        raise CannotMake(f"{kind} is a type that it does not know")
    return known[kind]


def _insert(table: str, values: Mapping[str, Any]) -> str:
    columns = ", ".join(f'"{column}"' for column in values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    return f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608 - names from the catalogue


def _next(at: dict[str, int], choices: Mapping[str, Sequence[Any]], broken: Sequence[str]) -> bool:
    """Go on to the next combination of what a broken rule speaks of."""
    columns = [column for column in broken if column in at]
    turns = list(itertools.product(*(range(len(choices[column])) for column in columns)))
    here = tuple(at[column] for column in columns)
    place = turns.index(here) + 1 if here in turns else len(turns)
    if not columns or place >= len(turns):
        return False
    at.update(zip(columns, turns[place], strict=True))
    return True
