"""The practice says yes to a request."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import Order, SlotChoice, place_booking, require_clients
from portal_core.appointments.booking_changes import shown_to_practice, tell
from portal_core.appointments.policy import bookable_by_staff
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.requests import answers_requests, asked
from portal_core.appointments.scheduling.wall_clock import aware
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.appointments.waiting import AppointmentRequest
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid
from portal_core.kernel.outbox import Notice
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ConfirmRequestCommand:
    """A time within one of the preferred ones, and with whom; the kind and the place are those asked for.

    `version` is the one that was shown.

    Raises:
        Invalid: a time without an offset.
    """

    request_id: UUID
    clinician_id: UUID
    starts_at: datetime = field(converter=aware)
    outside_hours: bool = False
    version: int | None = None


@frozen
class ConfirmRequest:
    """Books what a client asked for, and tells them and the clinician. Front desk and administrators.

    As with everything that staff book, no notice, advance or grid binds, and nobody is booked over somebody else. For
    another time or another clinician than was asked for, decline and say so, or book for the client.

    Raises:
        NotFound: no such request.
        RequestClosed: it was answered or withdrawn.
        ClientDischarged: the client was discharged meanwhile; make them active again, or decline.
        Invalid: a time that was not asked for, or another clinician.
        NotBookable: a kind, place or clinician that the practice no longer has.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon: the time is not to be had.
        StaleVersion: it changed after it was shown.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: ConfirmRequestCommand) -> PracticeAppointmentView:
        async with self.begin(actor) as unit:
            answers_requests(actor)
            client_id = (await asked(unit, command.request_id, command.version)).client_id
            now = self.clock.now()
            await unit.calendar.lock([command.clinician_id], now, clients=[client_id])
            # Read again: somebody may have answered before the lock was ours.
            request = await asked(unit, command.request_id, command.version)
            await require_clients(unit, [client_id])
            schedule = await unit.directory.for_practice()
            kind, clinician = bookable_by_staff(schedule, request.kind_id, request.place_id, command.clinician_id)
            order = Order(
                choice=SlotChoice(
                    clinician_id=clinician.id,
                    kind_id=request.kind_id,
                    place_id=request.place_id,
                    starts_at=command.starts_at,
                ),
                kind=kind,
                clinician=clinician,
                zone=schedule.zone_at(request.place_id),
                clients=(client_id,),
                by_staff=True,
                outside_hours=command.outside_hours,
            )
            _require_asked_for(request, order)
            booking = await place_booking(unit, order, self.ids, self.tokens, actor.practice_id, now)
            appointment_id = booking.appointment.id
            await unit.requests.save(
                request.confirm(appointment_id, at=now),
                Audited("appointment_request.confirmed", request.id, record=client_id),
            )
            once = f"appointment_request_confirmed:{request.id}"
            await unit.outbox.notify(
                Notice("appointment_request_confirmed", "service", to_client=client_id, about=appointment_id, once=once)
            )
            await tell(unit, actor, "appointment_booked", booking, [], clinician)
            return await unit.commit(await shown_to_practice(unit, appointment_id))


def _require_asked_for(request: AppointmentRequest, order: Order) -> None:
    if request.clinician_id not in (None, order.clinician.id):
        raise Invalid.at("clinician_id", "not_asked_for", "The client asked for another clinician.")
    starts_at, ends_at = order.choice.starts_at, order.ends_at
    if not any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in request.preferred):
        raise Invalid.at("starts_at", "not_asked_for", "This is within none of the times that the client asked for.")
