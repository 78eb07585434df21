"""Errors of a database that does not respond."""

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
"""Driver errors for a server that is unreachable, too busy, or aborted the transaction. Trying again may help."""
Errors = tuple[type[Exception], ...]
DATABASE_MISSING_ERRORS: Errors = (asyncpg.InvalidCatalogNameError,)
ROLE_REJECTED_ERRORS: Errors = (asyncpg.InvalidAuthorizationSpecificationError,)
NOT_MIGRATED_ERRORS: Errors = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedFunctionError,
    asyncpg.UndefinedTableError,
)
SERVER_ERRORS: Errors = (asyncpg.PostgresError,)
"""Errors whose message comes from the server, so it cannot contain part of a connection URL."""

_log = logging.getLogger(__name__)


@contextmanager
def raise_unavailable_on_outage() -> Iterator[None]:
    """Convert the driver's outage errors to the core's error.

    Raises:
        Unavailable: the database does not respond.
    """
    try:
        yield
    except OUTAGE_ERRORS as error:
        _log.warning("database unavailable: %s", type(error).__name__)
        raise Unavailable from error
