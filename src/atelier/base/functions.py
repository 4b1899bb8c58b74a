"""The database's own functions: each stands in one `.sql` file of its room, and is replaced whole when it changes.

A file is named after its function and says all of it: arguments, body, `SECURITY DEFINER`, `search_path`, and who may
call it. A comment on the function names the file and what came of it, so that one look tells whether a database has
this release's functions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.base.db import ROLES, libpq_url
from atelier.base.errors import AtelierError

# psycopg takes six megabytes, and a web process needs no second driver for anything else
if TYPE_CHECKING:
    from psycopg import Connection

SOURCE = Path(__file__).parents[1]
LOCK = "SELECT pg_advisory_xact_lock(hashtext('atelier migrations'))"
# signature, name, comment, what it is now, and whether it belongs to the role that asks, which is the owner's; without
# Procrastinate's functions and those of extensions
PRESENT = """
SELECT p.oid::regprocedure::text, p.proname::text, coalesce(obj_description(p.oid, 'pg_proc'), ''),
       left(md5(pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '')), 12),
       p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.proname !~ '^procrastinate_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1"""
NAMED = """SELECT oid::regprocedure::text FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND proname = %s ORDER BY 1"""
MARK = "atelier "
_MARKED = re.compile(rf"{MARK}\S+ ([0-9a-f]{{12}}) ([0-9a-f]{{12}})")
_CREATED = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)\(", re.MULTILINE)


class BadFunction(AtelierError):
    """A file of a function cannot be used as it is."""

    code = "bad_function"
    status = 500


@dataclass(frozen=True, slots=True)
class Function:
    """One function as its file writes it; `path` is that of the file, below the package."""

    name: str
    path: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Present:
    """One function as the database has it."""

    signature: str
    name: str
    comment: str
    now: str
    owned: bool

    def is_from(self, function: Function) -> bool:
        """Whether it is what this file made, and nothing has changed it since."""
        found = _MARKED.fullmatch(self.comment)
        return found is not None and found.groups() == (function.digest, self.now) and self.owned


def files(source: Path = SOURCE) -> dict[str, Function]:
    """Every function's file by the function's name; raises `BadFunction` for a file that does not create just that."""
    found: dict[str, Function] = {}
    for file in sorted(source.glob("**/sql/*.sql")):
        path, text = str(file.relative_to(source)), file.read_text()
        created = _CREATED.findall(text)
        if created != [file.stem]:
            raise BadFunction(
                f"{path} must create exactly one function, named as the file, with CREATE OR REPLACE FUNCTION"
                f" {file.stem}(…); it creates {', '.join(created) or 'none'}."
            )
        if file.stem in found:
            raise BadFunction(f"{path} and {found[file.stem].path} create the same function: remove one of them.")
        found[file.stem] = Function(file.stem, path, text)
    return found


def stale(found: Iterable[Present], wanted: Mapping[str, Function]) -> list[str]:
    """The names that must be replaced or dropped before this database has this release's functions."""
    by_name = _by_name(found)
    changed = [name for name, function in wanted.items() if not _is(by_name.get(name, []), function)]
    gone = [
        name for name, ones in by_name.items() if name not in wanted and any(p.comment.startswith(MARK) for p in ones)
    ]
    return changed + gone


def faults(found: Iterable[Present], wanted: Mapping[str, Function]) -> list[str]:
    """In words: each function that differs from its file, that is missing, or that no file knows."""
    by_name = _by_name(found)
    said = [f"{name} is not in the database" for name in wanted if name not in by_name]
    for name, ones in by_name.items():
        if name not in wanted:
            said.append(f"{name} has no file")
        elif len(ones) > 1:
            said.append(f"{name} exists with {len(ones)} lists of arguments")
        elif not ones[0].owned:
            said.append(f"{name} does not belong to the database's owner")
        elif not ones[0].is_from(wanted[name]):
            said.append(f"{name} differs from {wanted[name].path}")
    return said


def replace(owner_url: str, wanted: Mapping[str, Function] | None = None) -> list[str]:
    """Make the database's functions those of the files, in one transaction; the names that were not.

    Several processes may do so at once. A function whose arguments or result changed is dropped first. One that lost
    its file is dropped, if it once came from a file; what else is in the schema stays.
    """
    import psycopg

    wanted = files() if wanted is None else wanted
    with psycopg.connect(libpq_url(owner_url)) as db:
        db.execute(LOCK)
        db.execute("SET LOCAL lock_timeout = '5s'")
        there = read(db)
        names = stale(there, wanted)
        for one in there:
            if one.name in names and one.name not in wanted:
                _run(db, f"DROP FUNCTION {one.signature}")
        # a function may call one that is created after it: what the bodies say is checked the second time
        for checked in ("off", "on"):
            _run(db, f"SET LOCAL check_function_bodies = {checked}")
            for name in names:
                if name in wanted:
                    _create(db, wanted[name])
        for one in read(db):
            if one.name in names:
                function = wanted[one.name]
                _run(db, f"COMMENT ON FUNCTION {one.signature} IS '{MARK}{function.path} {function.digest} {one.now}'")
        left = stale(read(db), wanted)
        if left:
            raise BadFunction(f"These functions are not what their files say: {', '.join(left)}.")
    return names


def present(owner_url: str) -> list[Present]:
    """The functions that a database has."""
    import psycopg

    with psycopg.connect(libpq_url(owner_url)) as db:
        return read(db)


def create(db: Connection, *names: str) -> None:
    """Create functions from their files, for a migration whose triggers or policies name them.

    What the bodies refer to need not be there yet: it is checked when all migrations are done.
    """
    _run(db, "SET LOCAL check_function_bodies = off")
    known = files()
    for name in names:
        _create(db, known[name])
    for one in read(db):
        if one.name in names and not one.comment:
            _run(db, f"COMMENT ON FUNCTION {one.signature} IS '{MARK}{known[one.name].path}'")


def read(db: Connection) -> list[Present]:
    """The functions of the database that a connection has open."""
    return [Present(*row) for row in db.execute(PRESENT).fetchall()]


def _create(db: Connection, function: Function) -> None:
    from psycopg import errors

    try:
        with db.transaction():
            _reset(db, function.name)
            _run(db, function.text)
    except (errors.InvalidFunctionDefinition, errors.AmbiguousFunction):  # another result, or other arguments
        for one in _named(db, function.name):
            _run(db, f"DROP FUNCTION {one}")
        _run(db, function.text)


def _reset(db: Connection, name: str) -> None:
    """Give back the privileges that a new function has, so that the file finds the same each time."""
    for one in _named(db, name):
        _run(db, f"REVOKE ALL ON FUNCTION {one} FROM {', '.join(f'atelier_{role}' for role in ROLES)}")
        _run(db, f"GRANT EXECUTE ON FUNCTION {one} TO PUBLIC")


def _named(db: Connection, name: str) -> list[str]:
    return [row[0] for row in db.execute(NAMED, [name]).fetchall()]


def _run(db: Connection, statement: str) -> None:
    db.execute(statement.encode())  # from our own files and the database's catalogue


def _is(ones: list[Present], function: Function) -> bool:
    return len(ones) == 1 and ones[0].is_from(function)


def _by_name(found: Iterable[Present]) -> dict[str, list[Present]]:
    named: dict[str, list[Present]] = {}
    for one in found:
        named.setdefault(one.name, []).append(one)
    return named
