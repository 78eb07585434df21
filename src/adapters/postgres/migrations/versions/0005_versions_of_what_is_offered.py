"""Appointment types and locations have versions, so that a change to stale data is refused."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.appointment_kinds ADD COLUMN version INTEGER DEFAULT 1 NOT NULL")
    op.execute("ALTER TABLE portal.places ADD COLUMN version INTEGER DEFAULT 1 NOT NULL")
