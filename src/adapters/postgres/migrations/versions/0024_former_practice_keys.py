"""A practice's key that was replaced is kept for a while, in case what replaced it cannot be unwrapped."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE portal.former_practice_keys (
          practice_id UUID NOT NULL,
          wrapped BYTEA NOT NULL,
          master_key TEXT NOT NULL,
          replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
          CONSTRAINT former_practice_keys_pkey PRIMARY KEY (practice_id, wrapped),
          CONSTRAINT former_practice_keys_practice_id_fkey FOREIGN KEY (practice_id) REFERENCES portal.practices (id)
        )
        """
    )
    op.execute(
        "CREATE INDEX former_practice_keys_practice_id_replaced_at_idx"
        " ON portal.former_practice_keys (practice_id, replaced_at)"
    )
