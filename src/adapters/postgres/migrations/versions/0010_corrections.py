"""Staff correct appointments, with a reason; a client's part knows when it last changed."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE portal.attendances ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE")
    op.execute("UPDATE portal.attendances SET changed_at = cancelled_at WHERE cancelled_at IS NOT NULL")
    op.execute(
        """
        CREATE TABLE portal.corrections (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          appointment_id UUID NOT NULL,
          before TEXT NOT NULL,
          after TEXT NOT NULL,
          fee TEXT NOT NULL,
          reason BYTEA,
          corrected_by UUID,
          corrected_at TIMESTAMP WITH TIME ZONE NOT NULL,
          CONSTRAINT corrections_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT corrections_client_fkey FOREIGN KEY (practice_id, client_id)
            REFERENCES portal.clients (practice_id, id),
          CONSTRAINT corrections_fee_check CHECK (fee IN ('keep', 'charge', 'waive'))
        )
        """
    )
    op.execute(
        "CREATE INDEX corrections_practice_id_appointment_id_corrected_at_idx"
        " ON portal.corrections (practice_id, appointment_id, corrected_at)"
    )
