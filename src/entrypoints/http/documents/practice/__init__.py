"""Controllers of documents for staff."""
