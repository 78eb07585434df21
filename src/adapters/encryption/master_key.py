"""The port to whatever keeps the master key: a local key file, or AWS KMS."""

from typing import Protocol


class MasterKey(Protocol):
    """Wraps the practices' keys. `context` is bound in: a key unwraps only under the words it was wrapped with."""

    @property
    def name(self) -> str:
        """The present master key's id, kept beside what it wraps, so that a rotation finds what is left to do."""
        ...

    async def wrap(self, key: bytes, context: str) -> bytes:
        """The key, encrypted by the present master key.

        Raises:
            Unavailable: the key store does not answer.
        """
        ...

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key again; older master keys still unwrap what they wrapped.

        Raises:
            Unavailable: the key store does not answer.
            Unreadable: wrapped by a key that is gone, or under another context.
        """
        ...
