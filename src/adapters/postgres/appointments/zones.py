"""The current time zone of what is local to a location, or to the practice without one."""

from typing import Any, Final

from sqlalchemy import func

from adapters.postgres.appointments.tables import locations
from adapters.postgres.people.tables import practices

CURRENT_ZONE: Final = func.coalesce(locations.c.time_zone, practices.c.time_zone)
"""In statements that select from `with_zone`."""


def with_zone(table: Any) -> Any:
    """The table joined with the practice, and with the location if there is one."""
    at = (locations.c.practice_id == table.c.practice_id) & (locations.c.id == table.c.location_id)
    return table.join(practices, practices.c.id == table.c.practice_id).outerjoin(locations, at)
