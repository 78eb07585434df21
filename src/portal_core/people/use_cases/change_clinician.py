"""Change the details of a clinician."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, StaleVersion
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.model import changed_fields
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClinicianView


@frozen
class ChangeClinicianCommand:
    clinician_id: UUID
    details: ClinicianDetails
    version: int


@frozen
class ChangeClinician:
    """An administrator replaces the details of a clinician.

    Raises:
        NotFound, Forbidden: no such clinician, or not an administrator.
        Invalid: a field is not valid.
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another clinician has this external id.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: ChangeClinicianCommand) -> ClinicianView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            clinician = await unit.clinician_records.get(command.clinician_id)
            if clinician is None:
                raise NotFound("clinician", command.clinician_id)
            if clinician.version != command.version:
                raise StaleVersion
            changed = clinician.with_changes(**command.details.validated().values())
            if changed is not clinician:
                facts = {"fields": changed_fields(clinician, changed)}
                await unit.clinician_records.save(changed, AuditEntry("clinician.changed", clinician.id, facts=facts))
            return await unit.commit(ClinicianView.of(changed))
