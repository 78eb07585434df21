"""Changes the appointment settings of a practice."""

from attrs import evolve, frozen

from portal_core.appointments.option_views import AppointmentSettingsView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import MAX_TITLE_LENGTH, AppointmentSettings
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.settings import replace_settings
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin


@frozen
class ChangeAppointmentSettingsCommand:
    """`version` is the one that was read; without it, whatever is stored is replaced."""

    settings: AppointmentSettings
    version: int | None = None


@frozen
class ChangeAppointmentSettings:
    """An administrator, or a job, replaces the settings for appointments; booked appointments follow them at once.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: the calendar's name or title is empty or too long, or has characters that cannot be shown.
        StaleVersion: the settings changed after they were read.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, command: ChangeAppointmentSettingsCommand) -> AppointmentSettingsView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            settings = evolve(
                command.settings,
                calendar_title=single_line_text(command.settings.calendar_title, "calendar_title", MAX_TITLE_LENGTH),
                calendar_name=single_line_text(command.settings.calendar_name, "calendar_name", MAX_TITLE_LENGTH),
            )
            saved = await replace_settings(
                unit.appointment_settings, settings, command.version, "appointment_settings.changed"
            )
            return await unit.commit(AppointmentSettingsView.of(saved))
