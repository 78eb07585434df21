"""What must hold of a member of staff, and of who sees a client, whoever writes it."""

from uuid import UUID

from portal_core.kernel.actor import ROLES, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.people.model import Client
from portal_core.people.ports import PeopleUnit


def check_roles(roles: frozenset[Role]) -> frozenset[Role]:
    """At least one, all of them known.

    Raises:
        Invalid: `roles_invalid`.
    """
    if not roles or not roles <= frozenset(ROLES):
        raise Invalid.at("roles", "roles_invalid", "Name at least one of the roles.")
    return roles


async def check_clinician(unit: PeopleUnit, clinician_id: UUID | None) -> None:
    """A clinician of the practice, or none.

    Raises:
        Invalid: `clinician_unknown`.
    """
    if clinician_id is not None and await unit.clinician_records.get(clinician_id) is None:
        raise Invalid.at("clinician_id", "clinician_unknown", "There is no such clinician.")


async def assign_team(unit: PeopleUnit, client: Client, team: tuple[UUID, ...]) -> Client:
    """The client one version on, seen by these clinicians (in the order of their ids); the same client if they were.

    Raises:
        StaleVersion: the client or the team changed after they were read.
    """
    if await unit.care_teams.of(client.id) == team:
        return client
    changed = client.with_next_version()
    entry = AuditEntry("care_team.assigned", client.id, record=client.id, facts={"clinicians": str(len(team))})
    await unit.care_teams.assign(changed, team, entry)
    return changed
