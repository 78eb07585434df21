"""Who may see whose record."""
