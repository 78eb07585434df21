"""How the world reaches the core: HTTP, jobs, the command line."""
