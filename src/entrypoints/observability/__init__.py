"""What the system tells its operators: logs and metrics, neither with a client in it."""
