"""The roles that processes of the portal connect as."""

APP_ROLE = "portal_app"
"""Owns nothing, and is held by row-level security."""
WORKER_ROLE = "portal_worker"
"""Runs the job queue's engine, and sees nothing else."""
