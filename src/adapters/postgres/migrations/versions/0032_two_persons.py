"""An erasure takes two persons for the database too, which says itself when an entry was added."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.staff ADD COLUMN made_administrator_at TIMESTAMP WITH TIME ZONE")
    # It is not known who appointed those who are administrators already: they count since they have an account.
    op.execute(
        """
        UPDATE portal.staff AS s
        SET made_administrator_at = coalesce(
          (SELECT a.created_at FROM portal.accounts AS a
            WHERE a.practice_id = s.practice_id AND a.staff_id = s.id AND a.status <> 'closed'),
          now())
        WHERE s.active AND 'administrator' = ANY (s.roles)
        """
    )
    # By the database's clock, whatever the application says. Rows that are there have none.
    for table, when in (("record_erasures", "now()"), ("audit_entries", "clock_timestamp()")):
        op.execute(f"ALTER TABLE portal.{table} ADD COLUMN recorded_at TIMESTAMP WITH TIME ZONE")
        op.execute(f"ALTER TABLE portal.{table} ALTER COLUMN recorded_at SET DEFAULT {when}")
    op.execute("UPDATE portal.record_erasures SET recorded_at = now() WHERE state = 'open'")
