"""Argon2id hashing outside of the event loop."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import define, field


@define
class PasswordHashes:
    """Hashes and verifies in a few threads, because each call takes tens of milliseconds of a core, and 19 MiB.

    The defaults are OWASP's (Password Storage Cheat Sheet: Argon2id, m = 19,456 KiB, t = 2, p = 1). A hash with other
    parameters still verifies, and `needs_rehash` reports it.
    """

    memory_kib: int = 19_456
    time_cost: int = 2
    parallelism: int = 1
    threads: int = 2
    _hasher: PasswordHasher = field(init=False, repr=False)
    _pool: ThreadPoolExecutor = field(init=False, repr=False)
    _dummy_hash: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._hasher = PasswordHasher(self.time_cost, self.memory_kib, self.parallelism, type=Type.ID)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="argon2")
        # Created in advance, so that the first unknown credential takes no longer than the next.
        self._dummy_hash = self._hasher.hash(os.urandom(32))

    async def make(self, password: str) -> str:
        """A new hash with its own salt, as a PHC string."""
        password_hash: str = await self._in_thread(self._hasher.hash, _bytes(password))
        return password_hash

    async def matches(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password matches the hash. None never matches, and takes as long to check."""
        matching: bool = await self._in_thread(self._verify, stored_hash or self._dummy_hash, password)
        return matching and stored_hash is not None

    def needs_rehash(self, stored_hash: str) -> bool:
        """Whether the hash was created with parameters other than the current ones."""
        return self._hasher.check_needs_rehash(stored_hash)

    def close(self) -> None:
        """Release the threads."""
        self._pool.shutdown()

    def _verify(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *arguments))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
