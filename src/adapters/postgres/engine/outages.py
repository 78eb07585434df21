"""When the database does not answer."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from portal_core.kernel.errors import Unavailable

OUTAGE_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.AdminShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
    TimeoutError,
)
"""What the driver raises when the server is away, too busy, or gave the transaction up: trying again may do."""
Errors = tuple[type[Exception], ...]
DATABASE_MISSING_ERRORS: Errors = (asyncpg.InvalidCatalogNameError,)
ROLE_REJECTED_ERRORS: Errors = (asyncpg.InvalidAuthorizationSpecificationError,)
NOT_MIGRATED_ERRORS: Errors = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedFunctionError,
    asyncpg.UndefinedTableError,
)
SERVER_ERRORS: Errors = (asyncpg.PostgresError,)
"""Whose words come from the server, and hold nothing of a connection URL."""

_log = logging.getLogger(__name__)


@contextmanager
def raise_unavailable_on_outage() -> Iterator[None]:
    """Turns what the driver raises then into the core's word for it.

    Raises:
        Unavailable: the database does not answer.
    """
    try:
        yield
    except OUTAGE_ERRORS as error:
        _log.warning("database_unavailable", extra={"error": type(error).__name__})
        raise Unavailable from error
