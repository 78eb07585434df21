"""Argon2id hashing outside of the event loop."""

import os

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import define, field

from adapters.local.bounded_threads import BoundedThreads


@define
class PasswordHashes:
    """Hashes and verifies in a few threads, because each call takes tens of milliseconds of a core, and 19 MiB.

    Raises `Overloaded` when `max_waiting` calls wait, which is more than half a second's work.

    The defaults are OWASP's (Password Storage Cheat Sheet: Argon2id, m = 19,456 KiB, t = 2, p = 1). A hash with other
    parameters still verifies, and `needs_rehash` reports it.
    """

    memory_kib: int = 19_456
    time_cost: int = 2
    parallelism: int = 1
    threads: int = 2
    max_waiting: int = 32
    _hasher: PasswordHasher = field(init=False, repr=False)
    _threads: BoundedThreads = field(init=False, repr=False)
    _dummy_hash: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._hasher = PasswordHasher(self.time_cost, self.memory_kib, self.parallelism, type=Type.ID)
        self._threads = BoundedThreads("argon2", self.threads, self.max_waiting)
        # Created in advance, so that the first unknown credential takes no longer than the next.
        self._dummy_hash = self._hasher.hash(os.urandom(32))

    async def make(self, password: str) -> str:
        """A new hash with its own salt, as a PHC string."""
        return await self._threads.run(self._hasher.hash, _bytes(password))

    async def matches(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password matches the hash. None never matches, and takes as long to check."""
        matching = await self._threads.run(self._verify, stored_hash or self._dummy_hash, password)
        return matching and stored_hash is not None

    def needs_rehash(self, stored_hash: str) -> bool:
        """Whether the hash was created with parameters other than the current ones."""
        return self._hasher.check_needs_rehash(stored_hash)

    def close(self) -> None:
        """Release the threads."""
        self._threads.close()

    def _verify(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
