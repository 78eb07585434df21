"""The worker: use cases called by procrastinate, each job one call by a system actor."""
