"""Change a staff member's name, roles and employment status."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, StaleVersion, check_all
from portal_core.kernel.sources import Clock
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.errors import LastAdministrator
from portal_core.people.model import changed_fields
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.staff_rules import appointed, check_clinician, check_roles, sign_out_staff
from portal_core.people.views import StaffView


@frozen
class ChangeStaffCommand:
    staff_id: UUID
    name: str
    roles: frozenset[Role]
    clinician_id: UUID | None
    active: bool
    version: int


@frozen
class ChangeStaff:
    """An administrator changes a staff member's name and roles, or deactivates them; every request reads it again.

    A member who leaves is signed out everywhere and cannot sign in. A member who returns must sign in again: their
    earlier sessions stay ended.

    Raises:
        NotFound, Forbidden: no such member, or not an administrator.
        Invalid: it names every field that is not valid.
        LastAdministrator: they are the practice's only active administrator.
        StaleVersion: it changed after it was read.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ChangeStaffCommand) -> StaffView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            member = await unit.staff_records.get(command.staff_id)
            if member is None:
                raise NotFound("staff", command.staff_id)
            if member.version != command.version:
                raise StaleVersion
            clinician = await unit.clinician_records.get(command.clinician_id) if command.clinician_id else None
            checks: dict[str, Callable[[], Any]] = {
                "name": lambda: single_line_text(command.name, "name", 120),
                "roles": lambda: check_roles(command.roles),
                "clinician_id": lambda: check_clinician(command.clinician_id, clinician),
            }
            changed = member.with_changes(active=command.active, **check_all(checks))
            if changed.is_administrator != member.is_administrator:
                changed = appointed(changed, actor, self.clock.now())
            # The lock serializes removals of administrators, so that two at once cannot leave the practice with none.
            resigns = member.is_administrator and not changed.is_administrator
            if resigns and await unit.staff_records.lock_administrators() <= {member.id}:
                raise LastAdministrator
            if changed is not member:
                facts = {"fields": changed_fields(member, changed), "roles": " ".join(sorted(changed.roles))}
                await unit.staff_records.save(changed, AuditEntry("staff.changed", member.id, facts=facts))
            if changed.active != member.active:
                # Also of a member who returns: they may have been signing in while they left.
                by = "staff_back" if changed.active else "staff_left"
                await sign_out_staff(unit, changed, self.clock.now(), by=by)
            return await unit.commit(StaffView.of(changed))
