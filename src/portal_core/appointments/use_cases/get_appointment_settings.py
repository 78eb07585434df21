"""Reads the appointment settings of a practice."""

from attrs import frozen

from portal_core.appointments.option_views import AppointmentSettingsView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin


@frozen
class GetAppointmentSettings:
    """The practice's settings for appointments, or the defaults. For administrators and jobs.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor) -> AppointmentSettingsView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "administrator")
            return AppointmentSettingsView.of(await unit.appointment_settings.get())
