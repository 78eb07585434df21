"""Create the table of goals."""

from alembic import op

from adapters.postgres.goals.tables import goals

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    goals.create(op.get_bind(), checkfirst=True)
