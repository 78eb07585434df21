"""The time zone of a waitlist entry is that of its location or the practice, and is stored only there."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.waitlist_entries DROP COLUMN time_zone")
