"""The foundation of all repositories: pool, transaction, statements, keys, audit, outbox, row-level security."""
