"""Ports for time, ids and randomness, so that tests can control them and all other code is deterministic."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """The current time."""

    def now(self) -> datetime:
        """Return the current instant as an aware datetime in UTC."""
        ...


class IdSource(Protocol):
    """Generates ids."""

    def new(self) -> UUID:
        """Return a new unique id; later ids sort after earlier ones (UUID version 7, RFC 9562)."""
        ...


class TokenSource(Protocol):
    """Generates secrets that cannot be guessed."""

    def token(self) -> str:
        """Return 256 random bits in base64url, for sessions, feeds and links."""
        ...

    def code(self) -> str:
        """Return eight characters that a person can type, without look-alikes (Crockford's base 32): 40 random bits."""
        ...
