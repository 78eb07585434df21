"""A client looks for a free time."""

from datetime import date, datetime, time, timedelta
from itertools import takewhile
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.errors import NotBookable
from portal_core.appointments.policy import bookable_by_client, require_in_care
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import Window, days_around, open_windows
from portal_core.appointments.scheduling.slots import Slot, free_slots
from portal_core.appointments.scheduling.wall_clock import DAY, first_reading, sane_day
from portal_core.appointments.settings import Kind, Schedule
from portal_core.appointments.views import SlotView
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import MAX_PAGE, Page, PageRequest, cursor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

LONGEST_SEARCH = timedelta(days=42)
"""A month as calendars show it: six weeks."""


@frozen(kw_only=True)
class FindSlotsQuery:
    """Free times for a kind on the practice's local dates from `first_day` to `last_day`, both included.

    With a clinician, theirs alone; with a place, there alone; `telehealth` True or False, only those or none of them.
    A page is somewhat longer than asked where many start at one time, which are never torn apart.
    """

    kind_id: UUID
    first_day: date
    last_day: date
    clinician_id: UUID | None = None
    place_id: UUID | None = None
    telehealth: bool | None = None
    page: PageRequest = field(factory=lambda: PageRequest(size=MAX_PAGE))


@frozen
class FindSlots:
    """Lists free times of the client's care team, soonest first, but for when the client is somewhere else.

    A client, or a proxy with `appointments`.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: a kind that is not booked online, or a clinician who is not of the care team.
        Invalid: more than six weeks, dates in the wrong order or out of range, a bad cursor or page size.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: FindSlotsQuery) -> Page[SlotView]:
        sane_day(query.first_day, "first_day")
        if not timedelta() <= sane_day(query.last_day, "last_day") - query.first_day < LONGEST_SEARCH:
            raise Invalid.at("last_day", "out_of_range", "Ask for one day to six weeks.")
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments")
            schedule = await unit.directory.for_client(client_id)
            require_in_care(schedule)
            kind, clinicians = _offered(schedule, query)
            slots = await self._free(unit, client_id, kind, clinicians, schedule, query)
            await unit.audit.record(Audited("slots.read", record=client_id))
            return await unit.commit(_page(slots, query.page.size, kind, schedule))

    async def _free(
        self,
        unit: AppointmentUnit,
        client_id: UUID,
        kind: Kind,
        clinicians: list[UUID],
        schedule: Schedule,
        query: FindSlotsQuery,
    ) -> list[Slot]:
        zone = schedule.zone
        since = first_reading(datetime.combine(query.first_day, time.min), zone)
        until = first_reading(datetime.combine(query.last_day + DAY, time.min), zone)
        after = query.page.after_time()
        if after is not None:
            since = max(since, after[0] + timedelta.resolution)
        first_day, last_day = days_around(since, until)
        rules = await unit.availability.rules(clinicians)
        exceptions = await unit.availability.exceptions(clinicians, first_day, last_day)
        places = {one.id for one in schedule.places.values() if one.active}
        windows = [one for one in open_windows(rules, exceptions, first_day, last_day) if _wanted(one, query, places)]
        now = self.clock.now()
        # No buffer is longer than a day, and neither is a session.
        busy = await unit.calendar.busy(clinicians, since - DAY, until + 2 * DAY, now)
        slots = free_slots(windows, [one.busy for one in busy], kind.timing, now, since, until)
        own = await unit.appointments.clients_busy([client_id], since, until + DAY)
        return [one for one in slots if not any(begins < one.ends_at and one.starts_at < ends for begins, ends in own)]


def _offered(schedule: Schedule, query: FindSlotsQuery) -> tuple[Kind, list[UUID]]:
    team = [one.id for one in schedule.clinicians.values() if one.active]
    clinicians = [query.clinician_id] if query.clinician_id else team
    kinds = [bookable_by_client(schedule, query.kind_id, query.place_id, one)[0] for one in clinicians]
    if not kinds:
        raise NotBookable
    return kinds[0], clinicians


def _wanted(window: Window, query: FindSlotsQuery, places: set[UUID]) -> bool:
    """Whether to look there; a place that was closed keeps the hours that were published for it."""
    if query.place_id is not None and window.place_id != query.place_id:
        return False
    if window.place_id is not None and window.place_id not in places:
        return False
    return query.telehealth in (None, window.place_id is None)


def _page(slots: list[Slot], size: int, kind: Kind, schedule: Schedule) -> Page[SlotView]:
    page = slots[:size]
    page += takewhile(lambda one: one.starts_at == page[-1].starts_at, slots[size:])
    more = len(page) < len(slots)
    last = page[-1] if page else None
    return Page(
        tuple(_view(one, kind, schedule) for one in page),
        cursor((last.starts_at, last.clinician_id)) if last and more else "",
    )


def _view(slot: Slot, kind: Kind, schedule: Schedule) -> SlotView:
    clinician = schedule.clinicians[slot.clinician_id]
    place = schedule.places.get(slot.place_id) if slot.place_id else None
    return SlotView(
        clinician_id=clinician.id,
        clinician_name=clinician.name,
        clinician_credentials=clinician.credentials,
        kind_id=kind.id,
        kind_name=kind.name,
        place_id=slot.place_id,
        place_name=place.name if place else "",
        telehealth=slot.place_id is None,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=schedule.zone_at(slot.place_id),
    )
