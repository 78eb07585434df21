"""An account can wait until its holder is old enough for it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("usable_from", sa.Date(), nullable=True), schema="portal")
    # It is made again, with another result.
    op.execute("DROP FUNCTION IF EXISTS portal.signed_in(uuid, bytea, uuid)")
