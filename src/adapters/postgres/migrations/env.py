"""Alembic's entry: runs the revisions on the connection that `migrate` hands over."""

from alembic import context

from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
