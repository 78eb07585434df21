"""The time zone of availability is that of its location or the practice, and is stored only there."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.availability_rules DROP COLUMN zone")
    op.execute("ALTER TABLE portal.availability_exceptions DROP COLUMN zone")
    op.execute("UPDATE portal.practices SET settings = settings #- '{appointments,zone}'")
