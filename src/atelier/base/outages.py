"""Failures of what the studio depends on, told apart from its own faults: the database is gone, full or read-only."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from atelier.base.errors import AtelierError, Unavailable


class DatabaseGone(OSError):
    """No connection to the database could be opened; the cause says why."""


class DatabaseUnavailable(Unavailable):
    """The database restarts, refuses connections or lost this one."""

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The studio's database does not answer just now. Try again in a moment.")


class DatabaseReadOnly(Unavailable):
    """The database answers and cannot write."""

    code = "database_read_only"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("The studio's database can only be read just now, so nothing was changed. Try again later.")


class DatabaseFull(AtelierError):
    """The database has no room on its disk."""

    code = "database_full"
    status = 507
    retry = True
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "The disk of the studio's database is full, so nothing was changed. Its operator has to make room."
        )


class DiskFull(AtelierError):
    """A disk that this process writes to has no room."""

    code = "disk_full"
    status = 507
    retry = True
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("A disk of the studio is full, so nothing was changed. Its operator has to make room.")


class DiskReadOnly(Unavailable):
    """A disk that this process writes to cannot be written to."""

    code = "disk_read_only"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("A disk of the studio can only be read just now, so nothing was changed. Try again later.")


# SQLSTATE codes (PostgreSQL's documentation, appendix A)
_FULL = frozenset({"53100", "53400"})
_READ_ONLY = "25006"
_GONE = frozenset({"53200", "53300", "57P01", "57P02", "57P03", "57P05", "58000", "58030"})
_CONNECTION = "08"  # the class of connection errors
_DRIVERS = ("asyncpg", "psycopg")
# what drivers raise without a code when a connection is lost or cannot be had
_WITHOUT_CODE = frozenset({"OperationalError", "PoolTimeout", "InterfaceError", "ConnectionDoesNotExistError"})
# asyncpg of a connection whose server has said goodbye, and whose end has not been read yet: its protocol's state 2 is
# "an error is being read". Other states in this message are two operations at once, and a fault of our own.
_ENDING = "another operation (2) is in progress"


def outage(error: BaseException) -> AtelierError | None:
    """What failed, as an answer, if it is something that the studio depends on; None if the fault is its own."""
    for each in _chain(error):
        if isinstance(each, DatabaseGone):
            return DatabaseUnavailable()
        if isinstance(each, AtelierError):
            return each if each.status in (503, 507) else None
        code = getattr(each, "sqlstate", None)
        if isinstance(code, str):
            return _by_code(code, str(each))
        name, module = type(each).__name__, type(each).__module__
        if module.startswith(_DRIVERS) and (name in _WITHOUT_CODE or _ENDING in str(each)):
            return DatabaseUnavailable()
        if isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFull()
        if isinstance(each, OSError) and each.errno == errno.EROFS:
            return DiskReadOnly()
    return None


def _by_code(code: str, message: str) -> AtelierError | None:
    if code in _FULL:
        return DatabaseFull()
    if code == _READ_ONLY or "Read-only file system" in message:
        return DatabaseReadOnly()
    return DatabaseUnavailable() if code in _GONE or code.startswith(_CONNECTION) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it; the drivers' own stand behind those of the libraries around them."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inside = list(each.exceptions) if isinstance(each, BaseExceptionGroup) else []
        waiting += [*inside, getattr(each, "orig", None), each.__cause__]
