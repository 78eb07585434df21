"""A session of a browser on a shared computer is a kind of its own."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.sessions DROP CONSTRAINT sessions_kind_check")
    op.execute(
        "ALTER TABLE portal.sessions ADD CONSTRAINT sessions_kind_check"
        " CHECK (kind IN ('cookie', 'shared_cookie', 'bearer'))"
    )
