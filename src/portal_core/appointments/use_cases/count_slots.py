"""A client looks at which days have free times."""

from collections import Counter
from datetime import date

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.appointments.slot_search import SlotSearch, search_slots
from portal_core.appointments.views import DayWithSlotsView, SlotCountsView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CountSlotsQuery(SlotSearch):
    """The days of a search, as a calendar shows them before one is chosen."""


@frozen
class CountSlots:
    """Counts the free times that `FindSlots` lists, for each of the practice's local dates in the range.

    For clients, and proxies with `appointments` access.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: the appointment type is not bookable online, or the clinician is not on the care team.
        Invalid: more than six weeks, or dates in the wrong order or out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: CountSlotsQuery) -> SlotCountsView:
        query.require_range()
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            found = await search_slots(unit, client_id, query, self.clock.now())
            time_zone = found.booking_options.time_zone
            zone = zone_info(time_zone)
            counts: Counter[date] = Counter(one.starts_at.astimezone(zone).date() for one in found.slots)
            days = (query.first_day + at * DAY for at in range((query.last_day - query.first_day).days + 1))
            counted = tuple(DayWithSlotsView(day=day, slots=counts[day]) for day in days)
            return await unit.commit(SlotCountsView(days=counted, time_zone=time_zone))
