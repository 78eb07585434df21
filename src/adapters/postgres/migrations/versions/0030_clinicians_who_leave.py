"""What follows when a clinician leaves and a colleague takes over; who begins a group.

An index finds a clinician's series. Care teams change together with the appointments, no longer by jobs. Clients no
longer begin a group at any free time, unless the practice says so. A cancellation may have
a note that clients never see.
"""

import sqlalchemy as sa
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
    op.add_column(
        "appointment_types",
        sa.Column("clients_may_open", sa.Boolean, nullable=False, server_default=sa.text("false")),
        schema="portal",
    )
    op.add_column("attendances", sa.Column("internal_note", sa.LargeBinary), schema="portal")
    op.execute(
        "DELETE FROM jobs.procrastinate_jobs"
        " WHERE task_name IN ('client_reassigned', 'join_care_team') AND status = 'todo'"
    )
