"""Change the details of a clinician."""

from typing import Final
from uuid import UUID

from attrs import asdict, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, StaleVersion
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.model import Clinician, changed_fields
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.staff_rules import LeavingStaff, leave
from portal_core.people.views import ChangedClinicianView, ClinicianView, StaffView

MAX_CONFLICTS: Final = 1000


@frozen
class ChangeClinicianCommand:
    clinician_id: UUID
    details: ClinicianDetails
    version: int


@frozen
class ChangeClinician:
    """An administrator replaces the details of a clinician.

    A clinician who leaves keeps their booked appointments, which are listed in `conflicts`, and stays on care teams;
    clients for whom nobody else is left are listed too. What clients hold or were offered of their time is released,
    and nothing more can be booked with them. The staff who are this clinician can no longer sign in, unless they have
    other roles, which they keep. One who returns as a clinician returns as staff only by `ChangeStaff`.

    Raises:
        NotFound, Forbidden: no such clinician, or not an administrator.
        Invalid: a field is not valid.
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another clinician has this external id.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ChangeClinicianCommand) -> ChangedClinicianView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            clinician = await unit.clinician_records.get(command.clinician_id)
            if clinician is None:
                raise NotFound("clinician", command.clinician_id)
            if clinician.version != command.version:
                raise StaleVersion
            changed = clinician.with_changes(**command.details.validated().values())
            conflicts, alone = ((), ()) if changed.active else await self._leave(unit, clinician)
            if changed is not clinician:
                facts = {"fields": changed_fields(clinician, changed)}
                await unit.clinician_records.save(changed, AuditEntry("clinician.changed", clinician.id, facts=facts))
            staff = [StaffView.of(one) for one in await unit.staff_records.all() if one.clinician_id == clinician.id]
            view = ChangedClinicianView(
                **asdict(ClinicianView.of(changed)),
                conflicts=conflicts,
                clients_without_clinician=alone,
                staff=tuple(staff),
            )
            return await unit.commit(view)

    async def _leave(self, unit: PeopleUnit, clinician: Clinician) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
        """Release what is reserved but not booked, end the staff, and return the appointments to come and the clients
        for whom nobody is left.
        """
        now = self.clock.now()
        if clinician.active:
            await leave(unit, clinician, LeavingStaff.of(clinician, await unit.staff_records.all()), now)
        booked = await unit.appointments.booked_times([clinician.id], now)
        alone = (await unit.care_teams.only_with([clinician.id])).get(clinician.id, ())
        return tuple(one.id for one in booked if one.starts_at > now)[:MAX_CONFLICTS], alone[:MAX_CONFLICTS]
