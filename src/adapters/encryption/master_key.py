"""The port to the store of the master key: a local key file, or AWS KMS."""

from typing import Protocol


class MasterKey(Protocol):
    """Wraps the practices' keys. Each is bound to a `context`: it can be unwrapped only with the same context."""

    @property
    def name(self) -> str:
        """The current master key's id. It is stored with each wrapped key, so that a rotation finds the old ones."""
        ...

    async def wrap(self, key: bytes, context: str) -> bytes:
        """Return the key, encrypted with the current master key.

        Raises:
            Unavailable: the key store does not respond.
        """
        ...

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the decrypted key. Keys that were wrapped with older master keys can still be unwrapped.

        Raises:
            Unavailable: the key store does not respond.
            DecryptionFailed: it was wrapped with a master key that no longer exists, or with another context.
        """
        ...
