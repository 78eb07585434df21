"""Every port in memory, with the constraints, rollback and version checks of the real ones."""
