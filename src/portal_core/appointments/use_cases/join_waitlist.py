"""A client joins the waitlist."""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.errors import AlreadyOnWaitlist, NotBookable
from portal_core.appointments.policy import require_active_client, reservable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.durations import MAX_ADVANCE_DAYS
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.appointments.settings import BookingOptions
from portal_core.appointments.views import WaitlistEntryView
from portal_core.appointments.waitlist import WaitlistEntry
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


def _weekdays(days: Iterable[int]) -> frozenset[int]:
    return frozenset(days)


@frozen(kw_only=True)
class JoinWaitlistCommand:
    """What would suit, as in `WaitlistEntry`; local to the location, or to the practice without one.

    Without a location, any location or telehealth suits, unless `telehealth_only`.

    Raises:
        Invalid: both a location and `telehealth_only`.
    """

    appointment_type_id: UUID
    earliest_date: date
    latest_date: date
    location_id: UUID | None = None
    telehealth_only: bool = False
    clinician_id: UUID | None = None
    weekdays: frozenset[int] = field(default=frozenset(), converter=_weekdays)
    from_time: time = time.min
    until_time: time = time.min

    def __attrs_post_init__(self) -> None:
        if self.telehealth_only and self.location_id is not None:
            raise Invalid.at("telehealth_only", "location_given", "Must be off when a location is chosen.")

    @property
    def any_location(self) -> bool:
        """Whether any location suits, and telehealth too."""
        return self.location_id is None and not self.telehealth_only


@frozen
class JoinWaitlist:
    """Adds the client to the waitlist. For clients, and proxies with write access.

    Only for what clients can book online, since an offer is accepted without the practice.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: not bookable online for this client, or a type with several seats; with `telehealth_only`, also a
            clinician who has no room.
        AlreadyOnWaitlist: the client has such an entry, or as many entries as the practice allows.
        Invalid: dates in the past, too far ahead or in the wrong order, or times in the wrong order.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: JoinWaitlistCommand) -> WaitlistEntryView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            booking_options = await unit.directory.for_client(client_id)
            require_active_client(booking_options)
            _require_bookable(booking_options, command)
            now = self.clock.now()
            entry = WaitlistEntry(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                appointment_type_id=command.appointment_type_id,
                location_id=command.location_id,
                any_location=command.any_location,
                clinician_id=command.clinician_id,
                earliest_date=command.earliest_date,
                latest_date=command.latest_date,
                weekdays=command.weekdays,
                from_time=command.from_time,
                until_time=command.until_time,
                time_zone=booking_options.time_zone_at(command.location_id),
                joined_at=now,
            )
            _validate_latest_date(entry, now)
            # Locked, so that two concurrent calls cannot both pass the limit.
            await unit.calendar.lock([], now, clients=[client_id])
            active = [one for one in await unit.waitlist_reads.of_client(client_id) if one.is_active(now)]
            same = (entry.appointment_type_id, entry.location_id, entry.any_location, entry.clinician_id)
            if len(active) >= booking_options.settings.max_waitlist_entries_per_client or same in (
                (one.appointment_type_id, one.location_id, one.any_location, one.clinician_id) for one in active
            ):
                raise AlreadyOnWaitlist
            await unit.waitlist.add(entry, AuditEntry("waitlist.joined", entry.id, record=client_id))
            views = {one.id: one for one in await unit.waitlist_reads.of_client(client_id)}
            return await unit.commit(views[entry.id])


def _require_bookable(booking_options: BookingOptions, command: JoinWaitlistCommand) -> None:
    location_id, any_location = command.location_id, command.any_location
    care_team = [
        one.id
        for one in booking_options.clinicians.values()
        if one.active and (any_location or one.can_meet_at(location_id))
    ]
    clinicians = [command.clinician_id] if command.clinician_id else care_team
    if not clinicians:
        raise NotBookable
    for one in clinicians:
        reservable_by_client(booking_options, command.appointment_type_id, location_id, one, any_location=any_location)


def _validate_latest_date(entry: WaitlistEntry, now: datetime) -> None:
    today = now.astimezone(zone_info(entry.time_zone)).date()
    if not today <= entry.latest_date <= today + MAX_ADVANCE_DAYS * DAY:
        raise Invalid.at(
            "latest_date", "out_of_range", f"Must be at most {MAX_ADVANCE_DAYS} days ahead, not in the past."
        )
