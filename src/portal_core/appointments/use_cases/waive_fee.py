"""Staff waive a fee."""

from functools import partial
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking_changes import (
    add_correction,
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify_fee_change,
)
from portal_core.appointments.correction import correction_reason
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class WaiveFeeCommand:
    """The client who need not pay. `reason` is for the practice only. `version` is the one that the actor saw.

    Raises:
        Invalid: no reason, or one above 500 characters.
    """

    appointment_id: UUID
    client_id: UUID
    reason: str = field(converter=correction_reason)
    version: int | None = None


@frozen
class WaiveFee:
    """Waives the fee that a client owes for a late change. The client is notified, and sees that none is due.

    Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client in it, or in a colleague's calendar.
        NoFeeDue: the client owes no fee for it.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: WaiveFeeCommand) -> PracticeAppointmentView:
        appointment_id, client_id = command.appointment_id, command.client_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            waived = booking.waive_fee(client_id, at=now)
            await unit.appointments.save(waived)
            await add_correction(unit, actor, self.ids, booking, waived, client_id, "waive", command.reason, now)
            await notify_fee_change(unit, booking, waived, client_id)
            return await unit.commit(await load_practice_view(unit, appointment_id))
