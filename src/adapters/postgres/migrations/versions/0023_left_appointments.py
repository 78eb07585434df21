"""A client who left an appointment keeps seeing it as it was then, while it goes on for the others.

For those who had left before, that is how it is now.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE portal.attendances
          ADD COLUMN left_ends_at TIMESTAMP WITH TIME ZONE,
          ADD COLUMN left_time_zone TEXT,
          ADD COLUMN left_clinician_id UUID,
          ADD COLUMN left_location_id UUID,
          ADD CONSTRAINT attendances_left_clinician_fkey FOREIGN KEY (practice_id, left_clinician_id)
            REFERENCES portal.clinicians (practice_id, id),
          ADD CONSTRAINT attendances_left_location_fkey FOREIGN KEY (practice_id, left_location_id)
            REFERENCES portal.locations (practice_id, id)
        """
    )
    op.execute(
        "UPDATE portal.attendances AS part SET left_ends_at = one.ends_at, left_time_zone = one.time_zone,"
        " left_clinician_id = one.clinician_id, left_location_id = one.location_id FROM portal.appointments AS one"
        " WHERE part.status = 'cancelled' AND one.practice_id = part.practice_id AND one.id = part.appointment_id"
    )
    op.execute(
        """
        ALTER TABLE portal.attendances ADD CONSTRAINT attendances_left_check CHECK (
          (status = 'cancelled') = (num_nulls(left_ends_at, left_clinician_id) = 0)
        )
        """
    )
