"""Jobs: procrastinate calls use cases; each job is one call by a system actor."""
