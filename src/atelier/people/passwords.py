"""Passwords by Argon2id, hashed in threads of their own so that nobody else's request waits.

Four passes over 64 MiB in one lane take about 150 ms here; RFC 9106, section 4, is where the memory comes from.
"""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from atelier.base.crypto import new_token
from atelier.base.errors import Unavailable

PASSES, MEMORY_KIB, LANES = 4, 65_536, 1
WAITING = 64  # hashes that may wait for a thread before we say that we are busy: about ten seconds
Result = TypeVar("Result")


class Passwords:
    """Hashes and checks passwords, a few at a time; the other cores go on answering."""

    def __init__(self, *, passes: int = PASSES, memory_kib: int = MEMORY_KIB) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES),))
        self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2), thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep, in PHC form, with its parameters and salt."""
        return await self._apart(lambda: self._hash.hash(_same(password)))

    async def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether `password` belongs to the hash that was kept, and a new hash where ours is made otherwise by now.

        Without a hash the same work is done, and the answer is no.
        """
        return await self._apart(lambda: self._check(_same(password), kept))

    def _check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        if self._nobodys is None:
            self._nobodys = self._hash.hash(new_token())
        if kept is None:
            self._hash.verify(password, self._nobodys)
            return False, None
        try:
            return self._hash.verify_and_update(password, kept)
        except UnknownHashError:
            return False, None

    async def _apart(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= WAITING:
            raise Unavailable("Too many people are signing in just now. Try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _same(password: str) -> str:
    """One form for all the ways in which keyboards write the same signs (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


passwords = Passwords()
