"""A refresh token that was just replaced gets the same answer again."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE portal.sessions ADD COLUMN previous_refresh_hash BYTEA, ADD COLUMN rotation_salt TEXT,"
        " ADD COLUMN rotated_at TIMESTAMPTZ"
    )
