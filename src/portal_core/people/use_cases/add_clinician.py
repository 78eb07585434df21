"""Somebody who sees clients becomes known to the portal."""

from attrs import frozen

from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.model import Clinician
from portal_core.people.policy import RUNS_PRACTICE
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
        Invalid: a field is not taken.
        DuplicateExternalId: another clinician has this id.
    """

    begin: Begin[PeopleUnit]
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddClinicianCommand) -> ClinicianView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *RUNS_PRACTICE)
            values = command.details.checked().values()
            clinician = Clinician(self.ids.new(), actor.practice_id, **values)
            await unit.clinician_records.add(clinician, Audited("clinician.added", clinician.id))
            return await unit.commit(ClinicianView.of(clinician))
