"""What the database refuses, in the core's words: constraints are translated by name."""

import asyncpg

from portal_core.kernel.errors import Conflict, PortalError

CONSTRAINT_ERRORS: dict[str, type[PortalError]] = {}
"""Constraint name to the error it stands for. A feature's module adds its own."""


def constraint_error(error: asyncpg.IntegrityConstraintViolationError) -> Exception:
    """The core's error for a violated constraint; a bare one when it guards against our bugs."""
    name = getattr(error, "constraint_name", None)
    known: type[PortalError] | None = CONSTRAINT_ERRORS.get(name or "")
    if known is not None:
        return known()
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("This exists already.")
    # The driver's own error would carry the row's values into the log.
    return AssertionError(f"constraint {name} is violated")
