"""What follows a new time zone of a location, or of the practice: series, and the appointments to come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from portal_core.appointments.bulk_changes import BulkChange, change_appointments
from portal_core.appointments.local_times import at_local_time, in_zone
from portal_core.appointments.model import Appointment
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import Clinician
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry

KeptTime = Literal["wall_time", "instant"]
"""What booked appointments keep when a zone changes: the time that clocks on the wall show, or the instant."""


async def follow_zone(
    unit: AppointmentUnit,
    actor: Actor,
    location_id: UUID | None,
    time_zone: str,
    keep: KeptTime,
    booked: Sequence[Appointment],
    clinicians: Mapping[UUID, Clinician],
    now: datetime,
) -> BulkChange:
    """Have these booked appointments follow the new zone of their location, or of the practice without one, and all
    active series there, also those that have no date to come. The clinicians must be locked.

    Raises:
        StaleVersion: a series was changed at the same time.
    """
    known = [one for one in await unit.series.active_at(location_id) if one.time_zone != time_zone]
    if known:
        moved = [one.in_zone(time_zone, now, keep_instant=keep == "instant") for one in known]
        await unit.series.save_all(moved, *(AuditEntry("series.time_zone_changed", one.id) for one in moved))
    move = at_local_time if keep == "wall_time" else in_zone
    return await change_appointments(unit, actor, booked, partial(move, time_zone=time_zone, at=now), clinicians, now)


async def follow_practice_zone(unit: AppointmentUnit, actor: Actor, keep: KeptTime, now: datetime) -> int:
    """Have online series and video visits to come follow the practice's zone. Returns how many visits did. Idempotent.

    Raises:
        StaleVersion: a series was changed at the same time.
    """
    await unit.calendar.lock((await unit.directory.for_practice()).clinicians, now)
    options = await unit.directory.for_practice()
    booked = await unit.appointments.upcoming(now)
    others = [one for one in booked if one.telehealth and one.time_zone != options.time_zone]
    done = await follow_zone(unit, actor, None, options.time_zone, keep, others, options.clinicians, now)
    return len(done.changed)
