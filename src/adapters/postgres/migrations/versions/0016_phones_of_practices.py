"""A practice has a phone number and a postal address."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.practices ADD COLUMN phone TEXT, ADD COLUMN address TEXT")
