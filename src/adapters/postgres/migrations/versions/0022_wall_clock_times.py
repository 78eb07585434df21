"""Appointments keep what the wall clock shows at their start, so that a change of time zone rules can be seen.

The column is filled by the rules that the portal itself uses, since PostgreSQL may have other ones, or not know a zone.
"""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from portal_core.kernel.time_zones import zone_info

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BATCH = 10_000


def upgrade() -> None:
    # It is made again after the migrations, with the new column.
    op.execute("DROP FUNCTION IF EXISTS portal.shared_appointments(uuid, uuid, uuid[], timestamptz, timestamptz)")
    op.execute("ALTER TABLE portal.appointments ADD COLUMN local_starts_at TIMESTAMP")
    connection = op.get_bind()
    # Appointments of all practices start at the same few times, so each time is converted once.
    distinct = sa.text("SELECT DISTINCT starts_at, time_zone FROM portal.appointments")
    known = [(row.starts_at.astimezone(UTC), row.time_zone) for row in connection.execute(distinct)]
    fill = sa.text(
        "UPDATE portal.appointments AS one SET local_starts_at = new.local"
        " FROM unnest(cast(:starts AS timestamptz[]), cast(:zones AS text[]), cast(:locals AS timestamp[]))"
        " AS new(at, zone, local) WHERE one.starts_at = new.at AND one.time_zone = new.zone"
    )
    for first in range(0, len(known), BATCH):
        some = known[first : first + BATCH]
        local = [at.astimezone(zone_info(zone)).replace(tzinfo=None) for at, zone in some]
        connection.execute(
            fill, {"starts": [at for at, _ in some], "zones": [zone for _, zone in some], "locals": local}
        )
    op.execute("ALTER TABLE portal.appointments ALTER COLUMN local_starts_at SET NOT NULL")
