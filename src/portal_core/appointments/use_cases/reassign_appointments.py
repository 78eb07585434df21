"""Staff give a clinician's appointments to a colleague, in one step."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen
from attrs.converters import optional

from portal_core.appointments.availability_views import ReassignedAppointmentsView, RefusedReassignmentView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.bulk_changes import change_appointments, first_ids
from portal_core.appointments.conflicts import MAX_CONFLICTS
from portal_core.appointments.errors import NotBookable, OutsideAvailability, SlotTaken
from portal_core.appointments.model import Appointment, CalendarEntry
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import AttendingClientView
from portal_core.appointments.scheduling.availability import BookedTime, date_range_around, id_set, outside_hours
from portal_core.appointments.scheduling.wall_clock import DAY, require_aware
from portal_core.appointments.settings import BookingOptions
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Conflict, Invalid, NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

MAX_CHOSEN: Final = 1000
"""How many appointments a command may name."""


@frozen(kw_only=True)
class ReassignAppointmentsCommand:
    """All booked appointments of a clinician that have not started, or some of them.

    `since` (inclusive) and `until` (exclusive) limit the start; `appointment_ids` names them. `outside_hours` also
    allows times at which the colleague has no published availability.

    Raises:
        Invalid: the two are the same, or a time has no offset.
    """

    from_clinician_id: UUID
    to_clinician_id: UUID
    since: datetime | None = field(default=None, converter=optional(require_aware))
    until: datetime | None = field(default=None, converter=optional(require_aware))
    appointment_ids: frozenset[UUID] | None = field(default=None, converter=optional(id_set))
    outside_hours: bool = False

    def __attrs_post_init__(self) -> None:
        if self.from_clinician_id == self.to_clinician_id:
            raise Invalid.at("to_clinician_id", "same_clinician", "Choose another clinician.")

    @property
    def is_whole(self) -> bool:
        """Whether all appointments to come are meant."""
        return self.since is None and self.until is None and self.appointment_ids is None

    def names(self, one: Appointment) -> bool:
        """Whether this appointment is meant."""
        return (
            (self.since is None or self.since <= one.starts_at)
            and (self.until is None or one.starts_at < self.until)
            and (self.appointment_ids is None or one.id in self.appointment_ids)
        )


@frozen
class ReassignAppointments:
    """Moves appointments to a colleague, at the same time and place, without a fee. Clients are told once.

    One at a time at which the colleague is not free stays with its clinician and is listed with the reason. All that
    can move do so together. What is no longer with the clinician is left out, so repeating it does no harm.

    A series follows when none of its appointments to come is left with the clinician; if all appointments are meant,
    one without any follows too. The colleague joins the care teams
    of the clients whose appointments move. A clinician who has left is taken from these, and if all are meant, from
    every team on which the colleague is.

    For the front desk and administrators.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
        Forbidden: staff in other roles.
        NotBookable: the colleague has left.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ReassignAppointmentsCommand) -> ReassignedAppointmentsView:
        source, target = command.from_clinician_id, command.to_clinician_id
        async with self.begin(actor) as unit:
            for one in (source, target):
                require_calendar_access(actor, one)
            options = await unit.directory.for_practice()
            for one in (source, target):
                if one not in options.clinicians:
                    raise NotFound("clinician", one)
            if not options.clinicians[target].active:
                raise NotBookable("The colleague has left the practice. Choose one who works here.")
            now = self.clock.now()
            await unit.calendar.lock([source, target], now)
            booked = await unit.appointments.upcoming(now, clinician_id=source)
            wanted = [one for one in booked if command.names(one)]
            reasons = await _reasons(unit, wanted, command, options, now)
            done = await change_appointments(
                unit,
                actor,
                [one for one in wanted if one.id not in reasons],
                lambda one: evolve(one.changed(now), clinician_id=target),
                options.clinicians,
                now,
            )
            left = not options.clinicians[source].active
            series = await _reassign_series(unit, booked, done.changed, command)
            clients = {one for clients in done.clients.values() for one in clients}
            joined, taken_out = await _hand_over(unit, clients, command, left=left)
            alone = (await unit.care_teams.only_with([source])).get(source, ()) if left else ()
            reasons |= {one.id: SlotTaken for one in done.conflicts}
            moved, refused = first_ids(done.changed), first_ids(one for one in wanted if one.id in reasons)
            appointments = {one.id: one for one in await load_summaries(unit, (*moved, *refused))}
            teams = [joined[:MAX_CONFLICTS], taken_out[:MAX_CONFLICTS], tuple(alone[:MAX_CONFLICTS])]
            joined_teams, left_teams, without_clinician = await _client_summaries(unit, teams)
            view = ReassignedAppointmentsView(
                moved=tuple(appointments[one] for one in moved),
                refused=tuple(RefusedReassignmentView.of(appointments[one], reasons[one]) for one in refused),
                series=series[:MAX_CONFLICTS],
                joined_care_teams=joined_teams,
                left_care_teams=left_teams,
                clients_without_clinician=without_clinician,
            )
            return await unit.commit(view)


async def _client_summaries(
    unit: AppointmentUnit, lists: Sequence[Sequence[UUID]]
) -> list[tuple[AttendingClientView, ...]]:
    """Who the clients in each list are; audited."""
    every = {one for some in lists for one in some}
    known = await unit.directory.clients(every) if every else {}
    for client_id in sorted(known):
        await unit.audit.record(AuditEntry("client.read", client_id, record=client_id))
    return [tuple(AttendingClientView.of(known[one]) for one in some) for some in lists]


async def _reasons(
    unit: AppointmentUnit,
    wanted: list[Appointment],
    command: ReassignAppointmentsCommand,
    options: BookingOptions,
    now: datetime,
) -> dict[UUID, type[Conflict]]:
    """Why some of them cannot be the colleague's."""
    if not wanted:
        return {}
    target = command.to_clinician_id
    since, until = wanted[0].starts_at - DAY, max(one.ends_at for one in wanted) + DAY
    first_day, last_day = date_range_around(since, until)
    busy, rules, exceptions = await unit.read_together(
        unit.calendar.busy([target], since, until, now),
        unit.availability.rules([target]),
        unit.availability.exceptions([target], first_day, last_day),
    )
    reasons: dict[UUID, type[Conflict]] = {one.id: SlotTaken for one in _taken(wanted, busy, options)}
    if not command.outside_hours:
        times = [_time_with(one, target) for one in wanted]
        reasons |= {one.id: OutsideAvailability for one in outside_hours(times, rules, exceptions)}
    return reasons


def _taken(
    wanted: Iterable[Appointment], busy: Iterable[CalendarEntry], options: BookingOptions
) -> Iterable[Appointment]:
    entries = [one.busy for one in busy]
    for one in wanted:
        timing = options.appointment_types[one.appointment_type_id].timing
        timing = evolve(timing, duration=one.ends_at - one.starts_at, slot_step=None)
        # No buffer is longer than a day.
        near = (
            entry for entry in entries if entry.starts_at - DAY < one.ends_at and one.starts_at < entry.ends_at + DAY
        )
        if any(first < one.starts_at < last for first, last in (entry.blocked_starts(timing) for entry in near)):
            yield one


def _time_with(one: Appointment, clinician_id: UUID) -> BookedTime:
    return BookedTime(
        id=one.id,
        clinician_id=clinician_id,
        appointment_type_id=one.appointment_type_id,
        location_id=one.location_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
    )


async def _reassign_series(
    unit: AppointmentUnit,
    booked: Iterable[Appointment],
    moved: Iterable[Appointment],
    command: ReassignAppointmentsCommand,
) -> tuple[UUID, ...]:
    """Have series follow, as `ReassignAppointments` says; return their ids, in order."""
    moved_ids = {one.id for one in moved}
    of_moved = {one.series_id for one in moved}
    staying = {one.series_id for one in booked if one.id not in moved_ids}
    following = [
        one
        for one in await unit.series.active_with(command.from_clinician_id)
        if one.id not in staying and (command.is_whole or one.id in of_moved)
    ]
    for one in following:
        await unit.series.save(one.with_clinician(command.to_clinician_id), AuditEntry("series.reassigned", one.id))
    return tuple(one.id for one in following)


async def _hand_over(
    unit: AppointmentUnit, clients: Collection[UUID], command: ReassignAppointmentsCommand, *, left: bool
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Have the colleague join the teams of these clients, and take out a clinician who has left.

    Returns the clients whose team the colleague joined, and those whose team the clinician left, in order.
    """
    source, target = command.from_clinician_id, command.to_clinician_id
    followed = await unit.care_teams.of_both(source, target) if left and command.is_whole else ()
    teams = await unit.care_teams.locked(sorted({*clients, *followed}))
    leaving = {source} if left else set[UUID]()
    after = {client_id: tuple(sorted({*team, target} - leaving)) for client_id, team in sorted(teams.items())}
    changed = {client_id: team for client_id, team in after.items() if team != tuple(sorted(teams[client_id]))}
    entries = [
        AuditEntry("care_team.assigned", client_id, record=client_id, facts={"clinicians": str(len(team))})
        for client_id, team in changed.items()
    ]
    await unit.care_teams.change_all(changed, entries)
    return (
        tuple(one for one in changed if target not in teams[one]),
        tuple(one for one in changed if left and source in teams[one]),
    )
