"""What stands behind the core's ports: one package for each vendor or kind of store."""
