"""What all repositories stand on: pool, transaction, statements, keys, audit, outbox, row-level security."""
