"""Access in PostgreSQL."""
