"""A holiday of the whole practice is an unavailable exception without a clinician.

What is reserved of a clinician's time is found by an index, and released when they leave.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.availability_exceptions ALTER COLUMN clinician_id DROP NOT NULL")
    op.execute("ALTER TABLE portal.availability_exceptions ADD COLUMN name TEXT")
    op.execute(
        "ALTER TABLE portal.availability_exceptions ADD CONSTRAINT availability_exceptions_holiday_check"
        " CHECK (clinician_id IS NOT NULL OR NOT available)"
    )
    op.execute(
        "CREATE UNIQUE INDEX availability_exceptions_holiday_key ON portal.availability_exceptions (practice_id, date)"
        " WHERE clinician_id IS NULL"
    )
    op.execute("CREATE INDEX holds_practice_id_clinician_id_idx ON portal.holds (practice_id, clinician_id)")
    op.execute(
        "CREATE INDEX freed_slots_practice_id_clinician_id_idx ON portal.freed_slots (practice_id, clinician_id)"
    )
    op.execute(
        "CREATE INDEX waitlist_offers_clinician_idx ON portal.waitlist_offers (practice_id, clinician_id)"
        " WHERE status = 'open'"
    )
