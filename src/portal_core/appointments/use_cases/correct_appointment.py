"""Staff put right what was recorded about an appointment."""

from functools import partial
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.attendance import Attendance, AttendanceStatus
from portal_core.appointments.booking_changes import (
    add_correction,
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify_fee_change,
)
from portal_core.appointments.correction import FeeChange, correction_reason
from portal_core.appointments.errors import OverlappingAppointment
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CorrectAppointmentCommand:
    """The right status of one client's part; without `client_id`, of all who have another and had not cancelled.

    `fee` keeps what is due, charges the practice's fee for a no-show or a late cancellation, or waives what is due.
    `reason` is for the practice only. `version` is the one that the actor saw; None skips the check.

    Raises:
        Invalid: no reason, or one above 500 characters.
    """

    appointment_id: UUID
    client_id: UUID | None = None
    status: AttendanceStatus
    fee: FeeChange = "keep"
    reason: str = field(converter=correction_reason)
    version: int | None = None


@frozen
class CorrectAppointment:
    """Puts right a wrong no-show or completion, or withdraws a visit that did not take place, however long ago.

    Each client's part gets the right status, and the appointment follows (`Booking.correct`). With nobody left but
    cancelled clients, its time in the calendar is freed, and not offered to the waitlist. A cancelled appointment stays
    cancelled: a visit that did take place is recorded with `BookAppointmentForClients`. Clients see the right status in
    their appointments; only a new fee, or that none is due any more, is notified. Staff as for
    `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client in it, or in a colleague's calendar.
        NotBooked: it was cancelled.
        NotStarted: it has not started.
        NothingToCorrect: this is recorded already.
        OverlappingAppointment: the client attends another appointment at that time; correct that one first.
        Invalid: a fee is to be charged, and the practice has none.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: CorrectAppointmentCommand) -> PracticeAppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            previous = booking.appointment
            charged = await _fee(unit, command.status) if command.fee == "charge" else None
            parts = _parts(booking, command)
            fees = {one.client_id: one.fee_due if command.fee == "keep" else charged for one in parts}
            corrected = booking.correct(command.status, fees, at=now)
            if command.status == "attending" and await unit.appointments.client_busy_times(
                list(fees), previous.starts_at, previous.ends_at, excluding=previous.id
            ):
                raise OverlappingAppointment
            await unit.appointments.save(corrected)
            for client_id in fees:
                await add_correction(
                    unit, actor, self.ids, booking, corrected, client_id, command.fee, command.reason, now
                )
                await notify_fee_change(unit, booking, corrected, client_id)
            if corrected.appointment.status == "cancelled" and previous.calendar_entry_id is not None:
                await unit.calendar.free(previous.calendar_entry_id)
            return await unit.commit(await load_practice_view(unit, appointment_id))


def _parts(booking: Booking, command: CorrectAppointmentCommand) -> list[Attendance]:
    """The parts to correct: the one named, or all that are not cancelled and have another status."""
    if command.client_id is not None:
        return [booking.attendance_of(command.client_id)]
    return [one for one in booking.attendances if one.status not in ("cancelled", command.status)]


async def _fee(unit: AppointmentUnit, status: AttendanceStatus) -> Money:
    settings = (await unit.appointment_settings.get()).value
    fee = settings.chargeable_no_show_fee if status == "no_show" else settings.late_cancel_fee
    if fee is None:
        raise Invalid.at("fee", "no_fee", "Enter the fee for a late cancellation in the settings first.")
    return fee
