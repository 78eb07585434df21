"""Digests of codes and of idempotent requests are encrypted with the practice's key.

Earlier digests are removed, because the key is not at hand here and they could be searched for their codes: codes that
are open end, and have to be asked for again. Indexes find what expires, and the open challenges of an account.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("invitations", "email_changes", "safe_email_verifications"):
        op.execute(f"UPDATE portal.{table} SET code_hash = NULL")
    op.execute(
        "ALTER TABLE portal.second_factors ALTER COLUMN recovery_hashes DROP NOT NULL,"
        " ALTER COLUMN recovery_hashes TYPE BYTEA USING NULL"
    )
    op.execute("DELETE FROM portal.idempotent_responses")
    op.create_index(
        "challenges_practice_id_account_id_idx", "challenges", ["practice_id", "account_id"], schema="portal"
    )
    for table, column, ended in (
        ("invitations", "code_hash", "expires_at"),
        ("email_changes", "code_hash", "expires_at"),
        ("second_factors", "pending", "pending_until"),
    ):
        op.create_index(
            f"{table}_{column}_idx",
            table,
            ["practice_id", ended],
            schema="portal",
            postgresql_where=f"{column} IS NOT NULL",
        )
