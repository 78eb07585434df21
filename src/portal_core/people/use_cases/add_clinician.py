"""Add a clinician of the practice."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.sources import IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.model import Clinician
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClinicianView


@frozen
class AddClinicianCommand:
    details: ClinicianDetails


@frozen
class AddClinician:
    """An administrator, or a job, adds a clinician.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: a field is not valid.
        DuplicateExternalId: another clinician has this external id.
    """

    begin: Begin[PeopleUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddClinicianCommand) -> ClinicianView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            values = command.details.validated().values()
            clinician = Clinician(self.ids.new(), actor.practice_id, **values)
            await unit.clinician_records.add(clinician, AuditEntry("clinician.added", clinician.id))
            return await unit.commit(ClinicianView.of(clinician))
