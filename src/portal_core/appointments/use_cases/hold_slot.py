"""A client holds a free time while they decide."""

from datetime import timedelta

from attrs import frozen

from portal_core.appointments.booking import SlotChoice, calendar_entry_for, require_free
from portal_core.appointments.errors import TooManyHolds
from portal_core.appointments.hold import Hold
from portal_core.appointments.policy import reservable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import HoldView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

EXPIRED_HOLD_RETENTION = timedelta(days=1)
"""Until then using an expired hold raises HoldExpired; afterwards NotFound, since it is deleted."""


@frozen
class HoldSlotCommand:
    choice: SlotChoice


@frozen
class HoldSlot:
    """Reserves a slot for the client for ten minutes, or as the practice has set. For clients, and proxies with write
    access.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: not bookable online for this client, or a type with several seats, which is booked without a hold.
        TooManyHolds: the client has as many holds as the practice allows.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon, TooFar: the time is not available.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: HoldSlotCommand) -> HoldView:
        choice = command.choice
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            booking_options = await unit.directory.for_client(client_id)
            appointment_type, _ = reservable_by_client(
                booking_options, choice.appointment_type_id, choice.location_id, choice.clinician_id
            )
            now = self.clock.now()
            await unit.calendar.lock([choice.clinician_id], now, clients=[client_id])
            if len(await unit.holds.of_client(client_id, now)) >= booking_options.settings.max_holds_per_client:
                raise TooManyHolds
            await require_free(unit, choice, appointment_type.timing, now, clients=[client_id])
            entry = calendar_entry_for(
                choice,
                appointment_type.timing,
                self.ids.new(),
                actor.practice_id,
                "hold",
                booking_options.settings.hold_duration,
                now,
            )
            await unit.calendar.occupy(entry)
            hold = Hold(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                clinician_id=choice.clinician_id,
                appointment_type_id=choice.appointment_type_id,
                location_id=choice.location_id,
                starts_at=entry.starts_at,
                ends_at=entry.ends_at,
                calendar_entry_id=entry.id,
                expires_at=entry.expires_at or entry.starts_at,
            )
            await unit.holds.clear(client_id, now - EXPIRED_HOLD_RETENTION)
            await unit.holds.add(hold, AuditEntry("hold.created", hold.id, record=client_id))
            return await unit.commit(HoldView.of(hold))
