"""Access in memory."""
