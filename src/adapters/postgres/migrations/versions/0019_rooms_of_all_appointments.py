"""Every appointment has a room, since it may be moved online: those at a location get one, of 244 random bits."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    room = "replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '')"
    op.execute(f"UPDATE portal.appointments SET room = {room} WHERE room = ''")
