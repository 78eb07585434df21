"""Time, ids and randomness come in from outside, so that a test decides them and a reader can trust the rest."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present instant, in UTC, aware."""
        ...


class IdSource(Protocol):
    """New ids."""

    def new(self) -> UUID:
        """An id never given before; ids given later sort later (UUID version 7, RFC 9562)."""
        ...


class TokenSource(Protocol):
    """Secrets that nobody can guess."""

    def token(self) -> str:
        """256 random bits, base64url: for sessions, feeds and links."""
        ...

    def code(self) -> str:
        """Eight characters that a person can type, without look-alikes (Crockford's base 32): 40 random bits."""
        ...
