"""Series that are active at a location, or online, are found by an index when its time zone changes."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX appointment_series_active_idx ON portal.appointment_series (practice_id, location_id)"
        " WHERE status = 'active'"
    )
