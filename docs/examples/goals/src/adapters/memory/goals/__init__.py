"""Goals in memory."""
