"""A practice sets its rules for appointments."""

from attrs import evolve, frozen

from portal_core.appointments.option_views import AppointmentRulesView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import MAX_TITLE_LENGTH, AppointmentRules
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin


@frozen
class SetAppointmentRules:
    """Replaces the rules; appointments that stand are under the new ones from now on. Administrators.

    `version` is the one that was shown beside the rules; without one, whichever there are by now are replaced.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
        Invalid: calendars cannot call an appointment that.
        StaleVersion: the practice changed after it was read.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, rules: AppointmentRules, version: int | None = None) -> AppointmentRulesView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            title = single_line_text(rules.calendar_title, "calendar_title", MAX_TITLE_LENGTH)
            rules = evolve(rules, calendar_title=title)
            facts = {"late_cancel": rules.late_cancel, "self_booking": str(rules.self_booking).lower()}
            saved = await unit.setup.save_rules(rules, AuditEntry("appointment_rules.set", facts=facts), version)
            return await unit.commit(AppointmentRulesView.of(rules, saved))
