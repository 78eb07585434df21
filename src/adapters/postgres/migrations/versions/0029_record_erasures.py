"""A record is erased when one person asked for it and another one confirmed it, unless it is under a legal hold."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS portal.destroy_client_key(uuid, uuid)")
    op.execute(
        """
        CREATE TABLE portal.legal_holds (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          placed_by UUID,
          placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
          CONSTRAINT legal_holds_pkey PRIMARY KEY (practice_id, client_id),
          CONSTRAINT legal_holds_client_fkey FOREIGN KEY (practice_id, client_id)
            REFERENCES portal.clients (practice_id, id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE portal.record_erasures (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          requested_by UUID NOT NULL,
          requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
          expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
          state TEXT NOT NULL,
          confirmed_by UUID,
          completed_at TIMESTAMP WITH TIME ZONE,
          version INTEGER NOT NULL DEFAULT 1,
          CONSTRAINT record_erasures_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT record_erasures_client_fkey FOREIGN KEY (practice_id, client_id)
            REFERENCES portal.clients (practice_id, id),
          CONSTRAINT record_erasures_state_check CHECK (state IN ('open', 'completed', 'withdrawn')),
          CONSTRAINT record_erasures_completed_check CHECK ((state = 'completed') = (completed_at IS NOT NULL))
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX record_erasures_open_key ON portal.record_erasures (practice_id, client_id)"
        " WHERE state = 'open'"
    )
    op.execute(
        "CREATE INDEX record_erasures_due_idx ON portal.record_erasures (practice_id, requested_at, id)"
        " WHERE state = 'open'"
    )
