"""All statements of the PostgreSQL adapters, as tests walk them."""

from typing import Final

from sqlalchemy.dialects.postgresql import asyncpg

from adapters.postgres.engine.rights import all_statements as all_statements

DIALECT: Final = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
