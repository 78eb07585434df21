"""Entry points: HTTP, jobs and the command line."""
