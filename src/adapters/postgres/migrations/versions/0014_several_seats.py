"""Whether clients can book a type with several seats online is for the practice to say; until now they never could."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE portal.appointment_types SET self_bookable = false, version = version + 1"
        " WHERE seats > 1 AND self_bookable"
    )
