"""Add a staff member."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import Invalid, check_all
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.model import Clinician, StaffMember
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.staff_rules import appointed, check_clinician, check_roles
from portal_core.people.views import StaffView


@frozen
class AddStaffCommand:
    """`issuer` and `subject`: both, for someone who signs in through the EHR's identity provider, or neither."""

    name: str
    email: str
    roles: frozenset[Role]
    clinician_id: UUID | None = None
    external_id: str | None = None
    issuer: str | None = None
    subject: str | None = None


@frozen
class AddStaff:
    """An administrator, or a job, adds a staff member, who cannot sign in before they accept an invitation.

    Raises:
        NotFound, Forbidden: not an administrator.
        InvalidEmail, Invalid: it names every field that is not valid.
        DuplicateStaff: another staff member has this email or identity.
    """

    begin: Begin[PeopleUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddStaffCommand) -> StaffView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            clinician = await unit.clinician_records.get(command.clinician_id) if command.clinician_id else None
            values = check_all(self._checks(command, clinician))
            member = StaffMember(id=self.ids.new(), practice_id=actor.practice_id, **values)
            member = appointed(member, actor, self.clock.now())
            facts = {"roles": " ".join(sorted(member.roles))}
            await unit.staff_records.add(member, AuditEntry("staff.added", member.id, facts=facts))
            return await unit.commit(StaffView.of(member))

    def _checks(self, command: AddStaffCommand, clinician: Clinician | None) -> dict[str, Callable[[], Any]]:
        return {
            "name": lambda: single_line_text(command.name, "name", 120),
            "email": lambda: normalize_email(command.email),
            "roles": lambda: check_roles(command.roles),
            "clinician_id": lambda: check_clinician(command.clinician_id, clinician),
            "external_id": lambda: (
                single_line_text(command.external_id, "external_id", 100) if command.external_id else None
            ),
            "issuer": lambda: single_line_text(command.issuer, "issuer", 500) if command.issuer else None,
            "subject": lambda: _subject(command),
        }


def _subject(command: AddStaffCommand) -> str | None:
    if (command.issuer is None) != (command.subject is None):
        raise Invalid.at("subject", "incomplete", "Enter both the issuer and the subject, or neither.")
    return single_line_text(command.subject, "subject", 255) if command.subject else None
