"""PostgreSQL 15 or later: SQLAlchemy Core writes the statements, asyncpg runs them."""
