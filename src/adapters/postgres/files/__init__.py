"""Files in PostgreSQL: all of them but their content."""
