"""Administrators define locations."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.bulk_changes import BulkChange, change_appointments, first_ids
from portal_core.appointments.model import Appointment
from portal_core.appointments.option_views import ChangedLocationView, ClinicianOptionView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.appointments.settings import (
    MAX_ADDRESS_LENGTH,
    MAX_NAME_LENGTH,
    BookingOptions,
    Location,
    next_version,
)
from portal_core.appointments.zone_changes import KeptTime, follow_zone
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.contact import check_time_zone
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import multi_line_text, single_line_text
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DefineLocationCommand:
    """All fields of a location. Without an id it is a new one.

    If the time zone changes, the appointments there keep what `keep` says.

    `version` is the one that was read; None skips the check.
    """

    location_id: UUID | None = None
    name: str
    time_zone: str
    address: str | None = None
    active: bool = True
    keep: KeptTime = "wall_time"
    version: int | None = None


@frozen
class DefineLocation:
    """Adds or changes a location. For administrators.

    With a new name, address or time zone each booked appointment there that has not started gets its next version, so
    that calendars show the change, and people are told once. In a new zone the appointments keep their time on the wall
    clock, so their instants change, unless the command says otherwise; series follow with them, also those that have no
    date to come. An appointment that would begin in the past then, or while its clinician is busy elsewhere, stays as
    it is and is listed in `conflicts`. Hours at the location follow its zone; hours for video visits are the practice's
    and do not, of which the answer tells. So are all that are booked at a location that closes: they stay booked.

    Raises:
        NotFound: neither staff nor a job, or no such location.
        Forbidden: staff in other roles.
        Invalid: a missing or invalid name, an invalid address, or an unknown time zone.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: DefineLocationCommand) -> ChangedLocationView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            options = await unit.directory.for_practice()
            known = None
            if command.location_id is not None:
                known = options.locations.get(command.location_id)
                if known is None:
                    raise NotFound("location", command.location_id)
            time_zone = check_time_zone(command.time_zone, "time_zone")
            location = Location(
                id=command.location_id or self.ids.new(),
                name=single_line_text(command.name, "name", MAX_NAME_LENGTH),
                time_zone=time_zone,
                address=multi_line_text(command.address, "address", MAX_ADDRESS_LENGTH)
                if command.address and command.address.strip()
                else None,
                active=command.active,
                version=next_version(known, command.version),
            )
            await unit.setup.save_location(location, AuditEntry("location.defined", location.id))
            done, kept = BulkChange(), tuple[ClinicianOptionView, ...]()
            if known is not None:
                done = await self._follow(unit, actor, known, location, command.keep, options)
            if known is not None and known.time_zone != location.time_zone != options.time_zone:
                kept = await self._with_online_hours(unit, location, options)
            changed, conflicts = first_ids(done.changed), first_ids(done.conflicts)
            seen = {one.id: one for one in await load_summaries(unit, {*changed, *conflicts})}
            view = ChangedLocationView.after(
                location,
                tuple(seen[one] for one in changed),
                tuple(seen[one] for one in conflicts),
                options.time_zone,
                kept,
            )
            return await unit.commit(view)

    async def _with_online_hours(
        self, unit: AppointmentUnit, location: Location, options: BookingOptions
    ) -> tuple[ClinicianOptionView, ...]:
        """The active clinicians, by id, with hours both at the location and for video visits."""
        yesterday = self.clock.now().date() - DAY
        rules = await unit.availability.rules([one.id for one in options.clinicians.values() if one.active])
        current = [one for one in rules if one.valid_until is None or one.valid_until >= yesterday]
        here = {one.clinician_id for one in current if one.location_id == location.id}
        both = here & {one.clinician_id for one in current if one.location_id is None}
        return tuple(ClinicianOptionView.of(options.clinicians[one]) for one in sorted(both))

    async def _follow(
        self,
        unit: AppointmentUnit,
        actor: Actor,
        known: Location,
        location: Location,
        keep: KeptTime,
        options: BookingOptions,
    ) -> BulkChange:
        """Have the appointments there follow the change."""
        same = (known.name, known.address, known.time_zone) == (location.name, location.address, location.time_zone)
        if same and location.active:
            return BulkChange()
        now = self.clock.now()
        await unit.calendar.lock(options.clinicians, now)
        booked = await unit.appointments.upcoming(now, location_id=location.id)
        done = BulkChange()
        if location.time_zone != known.time_zone:
            done = await follow_zone(
                unit, actor, location.id, location.time_zone, keep, booked, options.clinicians, now
            )
        elif not same:
            change = partial(Appointment.changed, at=now)
            done = await change_appointments(unit, actor, booked, change, options.clinicians, now)
        return done if location.active else BulkChange(done.changed, tuple(booked))
