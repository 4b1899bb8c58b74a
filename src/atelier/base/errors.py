"""Expected errors: each has a code for programs, a sentence for people and an HTTP status.

Subclasses stand beside what raises them; the edge translates them once for each dialect (JSON, page, command line).
"""

from __future__ import annotations

from typing import Any, ClassVar


class AtelierError(Exception):
    """An error that is part of the contract: never logged as a crash."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    retry: ClassVar[bool] = False
    retry_after: ClassVar[int] = 0  # seconds until another try is worthwhile; 0 where that is not known

    def __init__(self, message: str, *, field: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


class BadRequest(AtelierError):
    """What was asked cannot be understood."""

    code = "bad_request"
    status = 422


class NotFound(AtelierError):
    """Nothing of that name exists for this caller; a foreign thing looks the same as a missing one."""

    code = "not_found"
    status = 404

    def __init__(self, what: str, message: str | None = None) -> None:
        super().__init__(message or f"There is no such {what} here.", what=what)


class SignedOut(AtelierError):
    """The caller is nobody that we know."""

    code = "signed_out"
    status = 401

    def __init__(self, message: str = "Sign in to go on.") -> None:
        super().__init__(message)


class Forbidden(AtelierError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class Conflict(AtelierError):
    """What was asked contradicts what is already there."""

    code = "conflict"
    status = 409


class TooMany(AtelierError):
    """A limit was reached; `seconds` says when to try again."""

    code = "too_many_requests"
    status = 429
    retry = True

    def __init__(self, seconds: int, message: str | None = None) -> None:
        super().__init__(message or f"That was too much at once. Try again in {seconds} s.", seconds=seconds)
        self.seconds = seconds


class Unavailable(AtelierError):
    """Something that we need does not answer just now."""

    code = "unavailable"
    status = 503
    retry = True
    retry_after = 5
