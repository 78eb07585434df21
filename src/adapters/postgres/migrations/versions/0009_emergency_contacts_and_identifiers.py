"""Clients have an emergency contact and a coverage; practices and clinicians the identifiers that bills name."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.clients ADD COLUMN emergency_contact BYTEA, ADD COLUMN coverage BYTEA")
    op.execute("ALTER TABLE portal.practices ADD COLUMN npi TEXT, ADD COLUMN tax_id TEXT")
    op.execute(
        "ALTER TABLE portal.clinicians ADD COLUMN npi TEXT, ADD COLUMN licenses JSONB DEFAULT '[]'::jsonb NOT NULL"
    )
