"""Staff publish a clinician's weekly availability."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from uuid import UUID

from attrs import field, frozen
from attrs.converters import optional

from portal_core.appointments.availability_views import AvailabilityView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import first_conflicts, hours_conflicts
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import AvailabilityRule, id_set
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.appointments.settings import BookingOptions
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import FieldError, Invalid, NotFound, StaleVersion
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin

MAX_OPENINGS = 100


@frozen(kw_only=True)
class Opening:
    """One weekly opening, local to the location, or to the practice for telehealth.

    `weekday` 0 is Monday; `end_time` 00:00 is the end of the day. No location means telehealth; no appointment types
    means all of them. Valid from today if no date is given, and until the next publication if there is no last date.
    """

    weekday: int
    start_time: time
    end_time: time
    location_id: UUID | None = None
    appointment_type_ids: frozenset[UUID] = field(default=frozenset(), converter=id_set)
    valid_from: date | None = None
    valid_until: date | None = None


@frozen(kw_only=True)
class PublishAvailabilityCommand:
    """The complete week; the clinician is not available at any other time.

    `expected_rule_ids` are the ids of the rules that the actor saw: each publication has new ids, so they act as the
    version of the week. None skips the check.
    """

    clinician_id: UUID
    openings: tuple[Opening, ...]
    expected_rule_ids: frozenset[UUID] | None = field(default=None, converter=optional(id_set))


@frozen
class PublishAvailability:
    """Replaces a clinician's weekly rules. For the front desk and administrators; clinicians for themselves.

    Appointments outside the new hours stay booked, and are listed in `conflicts`. Hours for video visits are published
    even if the clinician has no room yet, which `room_missing` says.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
        Invalid: more than 100 openings, or an invalid one, whose error path starts with `openings` and its index.
        StaleVersion: another week was published after it was read.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: PublishAvailabilityCommand) -> AvailabilityView:
        async with self.begin(actor) as unit:
            require_calendar_access(actor, command.clinician_id)
            booking_options = await unit.directory.for_practice()
            clinician = booking_options.clinicians.get(command.clinician_id)
            if clinician is None:
                raise NotFound("clinician", command.clinician_id)
            now = self.clock.now()
            rules = self._rules(command, booking_options, now)
            await unit.calendar.lock([command.clinician_id], now)
            if command.expected_rule_ids is not None:
                current_rules = await unit.availability.rules([command.clinician_id])
                if command.expected_rule_ids != {one.id for one in current_rules}:
                    raise StaleVersion
            audit_entry = AuditEntry("availability.published", command.clinician_id, facts={"rules": str(len(rules))})
            await unit.availability.publish(command.clinician_id, rules, audit_entry)
            today = now.astimezone(zone_info(booking_options.time_zone)).date()
            exceptions, booked = await unit.read_together(
                unit.availability.exceptions([command.clinician_id], today - DAY, date.max),
                unit.appointments.booked_times([command.clinician_id], now),
            )
            conflicts = (
                hours_conflicts(booked, rules, exceptions, now) if clinician.active else first_conflicts(booked, now)
            )
            affected = await load_summaries(unit, conflicts)
            return await unit.commit(AvailabilityView.of(clinician, rules, exceptions, affected))

    def _rules(
        self, command: PublishAvailabilityCommand, booking_options: BookingOptions, now: datetime
    ) -> list[AvailabilityRule]:
        if len(command.openings) > MAX_OPENINGS:
            raise Invalid.at("openings", "too_many", f"Must be at most {MAX_OPENINGS} openings.")
        errors: list[FieldError] = []
        rules: list[AvailabilityRule] = []
        for number, opening in enumerate(command.openings):
            try:
                _require_known(opening, booking_options)
                rules.append(self._rule(command.clinician_id, opening, booking_options, now))
            except Invalid as invalid:
                errors += _numbered(invalid.fields, number)
        if errors:
            raise Invalid(*errors)
        return rules

    def _rule(
        self, clinician_id: UUID, opening: Opening, booking_options: BookingOptions, now: datetime
    ) -> AvailabilityRule:
        time_zone = booking_options.time_zone_at(opening.location_id)
        return AvailabilityRule(
            id=self.ids.new(),
            clinician_id=clinician_id,
            weekday=opening.weekday,
            start_time=opening.start_time,
            end_time=opening.end_time,
            time_zone=time_zone,
            location_id=opening.location_id,
            appointment_type_ids=opening.appointment_type_ids,
            valid_from=opening.valid_from or now.astimezone(zone_info(time_zone)).date(),
            valid_until=opening.valid_until,
        )


def _require_known(opening: Opening, booking_options: BookingOptions) -> None:
    if opening.location_id is not None and opening.location_id not in booking_options.locations:
        raise Invalid.at("location_id", "unknown", "Choose one of the practice's locations.")
    if not opening.appointment_type_ids <= booking_options.appointment_types.keys():
        raise Invalid.at("appointment_type_ids", "unknown", "Choose among the practice's appointment types.")


def _numbered(fields: Sequence[FieldError], number: int) -> Iterator[FieldError]:
    for one in fields:
        yield FieldError(f"openings.{number}.{one.path}", one.code, one.message)
