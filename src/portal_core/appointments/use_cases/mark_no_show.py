"""Staff mark a client as a no-show."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import (
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify_fee_change,
)
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class MarkNoShowCommand:
    """The appointment and the client; `version` is the one that the actor saw, and None skips the check.

    With `charge_fee` the client owes the practice's fee for a no-show, or if it has none, that for a late cancellation;
    False charges nothing, and None the fee for a no-show if the practice has one.
    """

    appointment_id: UUID
    client_id: UUID
    charge_fee: bool | None = None
    version: int | None = None


@frozen
class MarkNoShow:
    """Marks one client as a no-show; with no client left attending, the appointment too. A new fee is notified.

    Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client in it, or in a colleague's calendar.
        NotBooked: it is closed, or the client had cancelled.
        NotStarted: it has not started.
        Invalid: a fee is to be charged, and the practice has none.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: MarkNoShowCommand) -> PracticeAppointmentView:
        appointment_id, client_id = command.appointment_id, command.client_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            fee = await _fee(unit, command.charge_fee)
            missed = booking.no_show(client_id, at=now, fee=fee)
            facts = {"fee": "charge" if fee else "keep"}
            await unit.appointments.save(
                missed, AuditEntry("appointment.no_show", appointment_id, record=client_id, facts=facts)
            )
            await notify_fee_change(unit, booking, missed, client_id)
            return await unit.commit(await load_practice_view(unit, appointment_id))


async def _fee(unit: AppointmentUnit, charge_fee: bool | None) -> Money | None:
    settings = (await unit.appointment_settings.get()).value
    if charge_fee is None:
        return settings.no_show_fee
    if charge_fee and settings.chargeable_no_show_fee is None:
        raise Invalid.at("charge_fee", "no_fee", "Enter the fee for a no-show in the settings first.")
    return settings.chargeable_no_show_fee if charge_fee else None
