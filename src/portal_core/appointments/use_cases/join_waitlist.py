"""A client would take a time that comes free."""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.errors import AlreadyWaiting, NotBookable
from portal_core.appointments.policy import bookable_by_client, require_in_care
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.durations import LONGEST_ADVANCE_DAYS
from portal_core.appointments.scheduling.wall_clock import DAY, zone_of
from portal_core.appointments.settings import Schedule
from portal_core.appointments.views import WaitlistView
from portal_core.appointments.waiting import WaitlistEntry
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


def _weekdays(days: Iterable[int]) -> frozenset[int]:
    return frozenset(days)


@frozen(kw_only=True)
class JoinWaitlistCommand:
    """What would suit, as `WaitlistEntry` says, on the wall of the place, or of the practice where none is named.

    No place is any place or online, unless `online_only`.

    Raises:
        Invalid: a place, and online only.
    """

    kind_id: UUID
    earliest: date
    latest: date
    place_id: UUID | None = None
    online_only: bool = False
    clinician_id: UUID | None = None
    weekdays: frozenset[int] = field(default=frozenset(), converter=_weekdays)
    from_time: time = time.min
    until_time: time = time.min

    def __attrs_post_init__(self) -> None:
        if self.online_only and self.place_id is not None:
            raise Invalid.at("online_only", "place_named", "Name a place, or say online only, and not both.")


@frozen
class JoinWaitlist:
    """Puts the client on the waitlist. A client, or a proxy who may write.

    For what clients book themselves, since an offer is accepted without the practice.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: not offered to this client online.
        AlreadyWaiting: for the very same, or in as many places as the practice allows.
        Invalid: dates that are past, too far ahead or in the wrong order, or times that make no sense.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: JoinWaitlistCommand) -> WaitlistView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            schedule = await unit.directory.for_client(client_id)
            require_in_care(schedule)
            _require_offered(schedule, command)
            now = self.clock.now()
            entry = WaitlistEntry(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                kind_id=command.kind_id,
                place_id=command.place_id,
                anywhere=command.place_id is None and not command.online_only,
                clinician_id=command.clinician_id,
                earliest=command.earliest,
                latest=command.latest,
                weekdays=command.weekdays,
                from_time=command.from_time,
                until_time=command.until_time,
                zone=schedule.zone_at(command.place_id),
                joined_at=now,
            )
            _require_to_come(entry, now)
            # Locked, so that two at once do not both count too few.
            await unit.calendar.lock([], now, clients=[client_id])
            waiting = [one for one in await unit.waitlist_reads.of_client(client_id) if one.waits_still(now)]
            same = (entry.kind_id, entry.place_id, entry.anywhere, entry.clinician_id)
            if len(waiting) >= schedule.rules.waitlist_per_client or same in (
                (one.kind_id, one.place_id, one.anywhere, one.clinician_id) for one in waiting
            ):
                raise AlreadyWaiting
            await unit.waitlist.add(entry, Audited("waitlist.joined", entry.id, record=client_id))
            views = {one.id: one for one in await unit.waitlist_reads.of_client(client_id)}
            return await unit.commit(views[entry.id])


def _require_offered(schedule: Schedule, command: JoinWaitlistCommand) -> None:
    team = [one.id for one in schedule.clinicians.values() if one.active]
    clinicians = [command.clinician_id] if command.clinician_id else team
    if not clinicians:
        raise NotBookable
    for one in clinicians:
        bookable_by_client(schedule, command.kind_id, command.place_id, one)


def _require_to_come(entry: WaitlistEntry, now: datetime) -> None:
    today = now.astimezone(zone_of(entry.zone)).date()
    if not today <= entry.latest <= today + LONGEST_ADVANCE_DAYS * DAY:
        raise Invalid.at("latest", "out_of_range", "The last date is past, or too far ahead.")
