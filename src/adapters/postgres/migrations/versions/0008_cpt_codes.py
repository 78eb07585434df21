"""An appointment type may have a CPT code."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.appointment_types ADD COLUMN cpt_code TEXT")
