"""An account's holder chooses how much mail and text messages say."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.notification_settings ADD COLUMN message_details TEXT DEFAULT 'what' NOT NULL")
    op.execute("ALTER TABLE portal.notification_settings ALTER COLUMN message_details DROP DEFAULT")
    op.create_check_constraint(
        "message_details",
        "notification_settings",
        "message_details IN ('nothing', 'what', 'when')",
        schema="portal",
    )
