"""A client books a free time."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.appointments.changing import shown, tell
from portal_core.appointments.errors import HoldExpired
from portal_core.appointments.model import Hold
from portal_core.appointments.placing import Order, SlotChoice, place_booking
from portal_core.appointments.policy import bookable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class BookAppointmentCommand:
    """Either a free time or one's own hold.

    Raises:
        Invalid: neither, or both.
    """

    choice: SlotChoice | None = None
    hold_id: UUID | None = None

    def __attrs_post_init__(self) -> None:
        if (self.choice is None) == (self.hold_id is None):
            raise Invalid.at("hold_id", "slot_or_hold", "Name a time or a hold, and not both.")


@frozen
class BookAppointment:
    """Books a slot for the client and tells them and the clinician. A client, or a proxy who may write.

    Everything is checked again under the lock of the clinician's calendar, and the calendar has the last word.

    Raises:
        NotFound: no such hold on this record.
        HoldExpired: the hold is over.
        ClientDischarged: the client was discharged.
        NotBookable: not offered to this client online.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon, TooFar: the time is not to be had.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: BookAppointmentCommand) -> AppointmentView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            hold = await _hold(unit, client_id, command.hold_id) if command.hold_id else None
            choice = command.choice if hold is None else _held(hold)
            assert choice is not None, "the command names one of the two"
            schedule = await unit.directory.for_client(client_id)
            kind, clinician = bookable_by_client(schedule, choice.kind_id, choice.place_id, choice.clinician_id)
            now = self.clock.now()
            await unit.calendar.lock([clinician.id], now, clients=[client_id])
            if hold is not None:
                # Read again: another request may have used it before this one had the lock.
                await _use(unit, await _hold(unit, client_id, hold.id), now)
            order = Order(
                choice=choice,
                kind=kind,
                clinician=clinician,
                zone=schedule.zone_at(choice.place_id),
                clients=(client_id,),
                held=hold.calendar_entry_id if hold else None,
            )
            booking = await place_booking(unit, order, self.ids, self.tokens, actor.practice_id, now)
            await tell(unit, actor, "appointment_booked", booking, [client_id], clinician)
            return await unit.commit(await shown(unit, client_id, booking.appointment.id, now))


async def _hold(unit: AppointmentUnit, client_id: UUID, hold_id: UUID) -> Hold:
    hold = await unit.holds.get(client_id, hold_id)
    if hold is None:
        raise NotFound("hold", hold_id)
    return hold


async def _use(unit: AppointmentUnit, hold: Hold, now: datetime) -> None:
    if hold.expires_at <= now:
        raise HoldExpired
    await unit.holds.remove(hold.client_id, hold.id, Audited("slot.hold_used", hold.id, record=hold.client_id))


def _held(hold: Hold) -> SlotChoice:
    return SlotChoice(
        clinician_id=hold.clinician_id, kind_id=hold.kind_id, place_id=hold.place_id, starts_at=hold.starts_at
    )
