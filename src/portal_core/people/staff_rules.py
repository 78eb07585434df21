"""Checks on staff roles, clinicians and care teams, shared by the use cases that write them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.actor import ROLES, Actor, Role, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.people.model import Client, Clinician, StaffMember, changed_fields
from portal_core.people.ports import PeopleUnit


def check_roles(roles: frozenset[Role]) -> frozenset[Role]:
    """Require at least one role, and only known roles.

    Raises:
        Invalid: `roles_invalid`.
    """
    if not roles or not roles <= frozenset(ROLES):
        raise Invalid.at("roles", "roles_invalid", f"Choose at least one of: {', '.join(ROLES)}.")
    return roles


def appointed(member: StaffMember, by: Actor, now: datetime) -> StaffMember:
    """The member with the time of an appointment as administrator, or without one if they are none."""
    of_practice = member.is_administrator and isinstance(by, StaffActor)
    return evolve(member, made_administrator_at=now if of_practice else None)


def check_clinician(clinician_id: UUID | None, found: Clinician | None) -> UUID | None:
    """Require that the practice's clinician with this id was found; None is accepted.

    Raises:
        Invalid: `clinician_unknown`.
    """
    if clinician_id is not None and found is None:
        raise Invalid.at("clinician_id", "clinician_unknown", "Must be a clinician of the practice.")
    return clinician_id


async def check_team(unit: PeopleUnit, team: Iterable[UUID]) -> None:
    """Require clinicians of the practice who have not left.

    Raises:
        Invalid: `clinician_unknown`, `clinician_left`.
    """
    for clinician_id in team:
        clinician = await unit.clinician_records.get(clinician_id)
        if clinician is None:
            raise Invalid.at("clinician_ids", "clinician_unknown", "Must be clinicians of the practice.")
        if not clinician.active:
            raise Invalid.at("clinician_ids", "clinician_left", "Leave out clinicians who have left the practice.")


async def release_time(unit: PeopleUnit, clinician: Clinician, now: datetime) -> None:
    """End all holds and open waitlist offers of a clinician who leaves; bookings wait until this unit ends."""
    await unit.calendar.lock([clinician.id], now)
    await unit.calendar.release_reservations(clinician.id, AuditEntry("reservations.released", clinician.id))


@frozen
class LeavingStaff:
    """The active staff who are a clinician who is not active: whose work here ends with it, and who has other roles."""

    ended: tuple[StaffMember, ...] = ()
    kept: tuple[StaffMember, ...] = ()

    @classmethod
    def of(cls, before: Clinician, staff: Iterable[StaffMember]) -> "LeavingStaff":
        """`before` is the clinician as stored. Nobody's work ends with a clinician who had left already."""
        theirs = [one for one in staff if one.active and one.clinician_id == before.id]
        ended = tuple(one for one in theirs if before.active and one.roles == {"clinician"})
        return cls(ended, tuple(one for one in theirs if one not in ended))


async def leave(unit: PeopleUnit, before: Clinician, staff: LeavingStaff, now: datetime) -> None:
    """A clinician leaves: their time is released, and the staff who are this clinician are clinicians no more.

    Those who are nothing else are deactivated and signed out. Those with other roles keep these, and their account.
    """
    await release_time(unit, before, now)
    for member in staff.ended:
        await _save_leaving(unit, member, member.with_changes(active=False))
        await sign_out_staff(unit, member, now, by="staff_left")
    for member in staff.kept:
        await _save_leaving(unit, member, member.with_changes(roles=member.roles - {"clinician"}))


async def sign_out_staff(unit: PeopleUnit, member: StaffMember, now: datetime, *, by: str) -> None:
    """End all sessions of a staff member."""
    account = await unit.accounts.find_by_person("practice", member.id)
    if account is not None:
        await unit.sessions.end_all(account.id, now, AuditEntry("sessions.ended", account.id, facts={"by": by}))


async def _save_leaving(unit: PeopleUnit, member: StaffMember, changed: StaffMember) -> None:
    if changed is not member:
        facts = {
            "fields": changed_fields(member, changed),
            "roles": " ".join(sorted(changed.roles)),
            "by": "clinician_left",
        }
        await unit.staff_records.save(changed, AuditEntry("staff.changed", member.id, facts=facts))


async def assign_team(unit: PeopleUnit, client: Client, team: tuple[UUID, ...]) -> Client:
    """Replace a client's care team (ids in order); return the client at its new version, or as is if nothing changes.

    Raises:
        StaleVersion: the client or the team changed after they were read.
    """
    if await unit.care_teams.of(client.id) == team:
        return client
    changed = client.with_next_version()
    entry = AuditEntry("care_team.assigned", client.id, record=client.id, facts={"clinicians": str(len(team))})
    await unit.care_teams.assign(changed, team, entry)
    return changed
