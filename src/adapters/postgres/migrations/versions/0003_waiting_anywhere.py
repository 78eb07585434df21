"""Waitlist entries can be for any location or telehealth. Entries without a location are for telehealth.

Freed slots are found in the order in which they were freed.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.waitlist_entries ADD COLUMN anywhere BOOLEAN DEFAULT false NOT NULL")
    op.execute("CREATE INDEX freed_slots_waiting_idx ON portal.freed_slots (practice_id, freed_at, id)")
