"""The database roles of the portal's processes."""

APP_ROLE = "portal_app"
"""The application role. It owns nothing and is subject to row-level security."""
WORKER_ROLE = "portal_worker"
"""The role that runs the job queue. It can access nothing else."""
