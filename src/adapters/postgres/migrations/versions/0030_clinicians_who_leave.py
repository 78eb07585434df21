"""What follows when a clinician leaves and a colleague takes over.

An index finds a clinician's series. Care teams change together with the appointments, no longer by jobs.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "appointment_series_clinician_idx",
        "appointment_series",
        ["practice_id", "clinician_id"],
        schema="portal",
        postgresql_where="status = 'active'",
    )
    op.execute(
        "DELETE FROM jobs.procrastinate_jobs"
        " WHERE task_name IN ('client_reassigned', 'join_care_team') AND status = 'todo'"
    )
