"""Converts violated database constraints to the core's errors, by constraint name."""

import asyncpg

from portal_core.kernel.errors import Conflict, PortalError

CONSTRAINT_ERRORS: dict[str, type[PortalError]] = {}
"""Constraint name to error class. Each feature's module adds its own."""


def constraint_error(error: asyncpg.IntegrityConstraintViolationError) -> Exception:
    """Return the core's error for a violated constraint.

    Unknown unique constraints become a `Conflict`, other unknown ones an AssertionError, because they guard against
    bugs.
    """
    name = getattr(error, "constraint_name", None)
    known: type[PortalError] | None = CONSTRAINT_ERRORS.get(name or "")
    if known is not None:
        return known()
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("This already exists.")
    # The driver's own error would put the row's values into the log.
    return AssertionError(f"constraint {name} is violated")
