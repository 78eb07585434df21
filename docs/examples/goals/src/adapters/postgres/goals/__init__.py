"""Goals in PostgreSQL."""
