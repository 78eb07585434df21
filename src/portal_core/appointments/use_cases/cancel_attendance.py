"""Staff take a client out of a booked appointment."""

from datetime import datetime
from functools import partial
from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.booking_changes import (
    add_freed_slot,
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify,
    notify_fee_change,
)
from portal_core.appointments.model import Appointment
from portal_core.appointments.policy import cancel_terms, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from portal_core.kernel.notices import APPOINTMENT_CANCELLED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CancelAttendanceCommand:
    """The client to take out. `reason` is shown to them, `internal_note` to staff alone.

    With `late_fee` they owe the practice's fee for a late cancellation. Turn `offer_to_waitlist` off if the clinician
    will not be available when the last client leaves. `version` is the one that the actor saw; None skips the check.

    Raises:
        Invalid: a reason or note above 1,000 characters.
    """

    appointment_id: UUID
    client_id: UUID
    reason: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    internal_note: str | None = field(
        default=None, converter=text_or_none, validator=validators.optional(validate_reason)
    )
    late_fee: bool = False
    offer_to_waitlist: bool = True
    version: int | None = None


@frozen
class CancelAttendance:
    """Takes one client out of an appointment, with a fee for a late cancellation or without, and notifies them.

    The other clients see no change. The client cannot join it online again; staff can add them. When the last client
    leaves, the appointment is cancelled, and its time is freed and offered to the waitlist. The reason is left out if
    the record's key was destroyed. Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client in it, or in a colleague's calendar.
        NotBooked, AlreadyStarted: it is closed or the client has left, or it has started.
        Invalid: `late_fee` outside the notice period, or the practice has no fee.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: CancelAttendanceCommand) -> PracticeAppointmentView:
        appointment_id, client_id = command.appointment_id, command.client_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            previous = booking.appointment
            previous.require_open(now)
            fee = await _late_cancel_fee(unit, previous, now) if command.late_fee else None
            left = booking.leave(
                client_id,
                at=now,
                reason=command.reason,
                internal_note=command.internal_note,
                by="practice",
                cancelled_late=command.late_fee,
                fee=fee,
            )
            facts = {"cancelled_late": str(command.late_fee).lower()}
            await unit.appointments.save(
                left, AuditEntry("appointment.cancelled", appointment_id, record=client_id, facts=facts)
            )
            if left.appointment.status == "cancelled" and previous.calendar_entry_id is not None:
                await unit.calendar.free(previous.calendar_entry_id)
                if command.offer_to_waitlist:
                    await add_freed_slot(unit, previous, self.ids, now)
            clinician = await unit.directory.clinician(previous.clinician_id)
            await notify(unit, actor, APPOINTMENT_CANCELLED, left, [client_id], clinician)
            await notify_fee_change(unit, booking, left, client_id)
            return await unit.commit(await load_practice_view(unit, appointment_id))


async def _late_cancel_fee(unit: AppointmentUnit, appointment: Appointment, now: datetime) -> Money:
    settings = (await unit.appointment_settings.get()).value
    if settings.late_cancel_fee is None:
        raise Invalid.at("late_fee", "no_fee", "Enter the fee for a late cancellation in the settings first.")
    if cancel_terms(settings, appointment.starts_at, appointment.time_zone, now).in_time:
        raise Invalid.at("late_fee", "in_time", "Must be off: there is enough notice.")
    return settings.late_cancel_fee
