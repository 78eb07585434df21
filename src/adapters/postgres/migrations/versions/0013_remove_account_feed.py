"""The job that removes a calendar feed has the name of what it is for now: closed accounts and others."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE jobs.procrastinate_jobs SET task_name = 'remove_account_feed'"
        " WHERE task_name = 'remove_closed_account_feed'"
    )
