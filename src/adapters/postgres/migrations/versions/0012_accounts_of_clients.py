"""Whether a client had an account is found by an index."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("accounts_practice_id_client_id_idx", "accounts", ["practice_id", "client_id"], schema="portal")
