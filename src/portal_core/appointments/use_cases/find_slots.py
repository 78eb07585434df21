"""A client searches for free times."""

from itertools import takewhile

from attrs import field, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.slots import Slot
from portal_core.appointments.settings import AppointmentType, BookingOptions
from portal_core.appointments.slot_search import FoundSlots, SlotSearch, search_slots
from portal_core.appointments.views import SlotView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import MAX_PAGE, Page, PageRequest, cursor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class FindSlotsQuery(SlotSearch):
    """A search of free times, by pages. A page may be longer than its size, since slots with the same start stay on one
    page."""

    page: PageRequest = field(factory=lambda: PageRequest(size=MAX_PAGE))


@frozen
class FindSlots:
    """Lists free times of the client's care team, soonest first, without those that overlap the client's appointments.

    For a type with several seats, the starts of booked appointments with a free seat too: booking one joins it,
    unless the practice took the client out of it.
    For clients, and proxies with `appointments` access.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: the appointment type is not bookable online, or the clinician is not on the care team.
        Invalid: more than six weeks, dates in the wrong order or out of range, or an invalid cursor or page size.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: FindSlotsQuery) -> Page[SlotView]:
        query.require_range()
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            after = query.page.after_time()
            found = await search_slots(unit, client_id, query, self.clock.now(), after[0] if after else None)
            return await unit.commit(_page(found, query.page.size))


def _page(found: FoundSlots, size: int) -> Page[SlotView]:
    slots = found.slots
    page = slots[:size]
    page += takewhile(lambda one: one.starts_at == page[-1].starts_at, slots[size:])
    more = len(page) < len(slots)
    last = page[-1] if page else None
    return Page(
        tuple(_view(one, found.appointment_type, found.booking_options) for one in page),
        cursor((last.starts_at, last.clinician_id)) if last and more else None,
    )


def _view(slot: Slot, appointment_type: AppointmentType, booking_options: BookingOptions) -> SlotView:
    clinician = booking_options.clinicians[slot.clinician_id]
    location = booking_options.locations.get(slot.location_id) if slot.location_id else None
    return SlotView(
        clinician_id=clinician.id,
        clinician_name=clinician.name,
        clinician_credentials=clinician.credentials,
        appointment_type_id=appointment_type.id,
        appointment_type_name=appointment_type.name,
        location_id=slot.location_id,
        location_name=location.name if location else None,
        telehealth=slot.location_id is None,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        time_zone=booking_options.time_zone_at(slot.location_id),
    )
