"""Safe emails are confirmed by a code before they take effect. Those in effect stay."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE portal.safe_email_proofs (
          practice_id UUID NOT NULL,
          account_id UUID NOT NULL,
          id UUID NOT NULL,
          email TEXT NOT NULL,
          expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
          code_hash BYTEA,
          tries INTEGER NOT NULL,
          version INTEGER DEFAULT 1 NOT NULL,
          CONSTRAINT safe_email_proofs_pkey PRIMARY KEY (practice_id, account_id),
          CONSTRAINT safe_email_proofs_account_fkey FOREIGN KEY (practice_id, account_id)
            REFERENCES portal.accounts (practice_id, id)
        )
        """
    )
    op.execute(
        "CREATE INDEX safe_email_proofs_practice_id_expires_at_idx"
        " ON portal.safe_email_proofs (practice_id, expires_at)"
    )
