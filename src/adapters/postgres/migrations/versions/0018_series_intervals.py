"""Series may have an interval of more than one week; those that exist are weekly."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.appointment_series ADD COLUMN interval_weeks INTEGER DEFAULT 1 NOT NULL")
