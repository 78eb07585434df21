"""Use cases of files."""
