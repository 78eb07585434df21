"""A client holds a free time while they decide."""

from datetime import timedelta

from attrs import frozen

from portal_core.appointments.booking import SlotChoice, entry_for, require_free
from portal_core.appointments.errors import TooManyHolds
from portal_core.appointments.model import Hold
from portal_core.appointments.policy import bookable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import HoldView
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

FORGOTTEN_AFTER = timedelta(days=1)
"""Until then a hold that is over is known for what it was; after that it never was."""


@frozen
class HoldSlot:
    """Keeps a slot for the client for ten minutes, or what the practice set. A client, or a proxy who may write.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: not offered to this client online.
        TooManyHolds: the client holds as many as they may.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon, TooFar: the time is not to be had.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, choice: SlotChoice) -> HoldView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            schedule = await unit.directory.for_client(client_id)
            kind, _ = bookable_by_client(schedule, choice.kind_id, choice.place_id, choice.clinician_id)
            now = self.clock.now()
            await unit.calendar.lock([choice.clinician_id], now, clients=[client_id])
            if len(await unit.holds.of_client(client_id, now)) >= schedule.rules.holds_per_client:
                raise TooManyHolds
            await require_free(unit, choice, kind.timing, now, clients=[client_id])
            entry = entry_for(
                choice, kind.timing, self.ids.new(), actor.practice_id, "hold", schedule.rules.hold_for, now
            )
            await unit.calendar.occupy(entry)
            hold = Hold(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                clinician_id=choice.clinician_id,
                kind_id=choice.kind_id,
                place_id=choice.place_id,
                starts_at=entry.starts_at,
                ends_at=entry.ends_at,
                calendar_entry_id=entry.id,
                expires_at=entry.expires_at or entry.starts_at,
            )
            await unit.holds.clear(client_id, now - FORGOTTEN_AFTER)
            await unit.holds.add(hold, Audited("slot.held", hold.id, record=client_id))
            return await unit.commit(HoldView.of(hold))
