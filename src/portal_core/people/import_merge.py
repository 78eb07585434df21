"""How one row of an import changes the practice's people."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from attrs import fields

from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import Invalid
from portal_core.people.corrections import recalculate_access
from portal_core.people.details import ClientDetails, ClinicianDetails
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.model import Client, Clinician, Practice, changed_fields
from portal_core.people.ports import PeopleUnit
from portal_core.people.staff_rules import assign_team

RowOutcome = Literal["added", "changed", "unchanged"]
NewId = Callable[[], UUID]

CLIENT_MANAGED_FIELDS = tuple(field.name for field in fields(ContactChanges))
"""Fields that clients may change themselves: an import fills them only where the record has no value."""
BILLING_FIELDS = ("coverage", "npi", "licenses")
"""Fields that not every EHR exports: an import without a value leaves them as they are."""


async def import_clinician(
    unit: PeopleUnit, practice: Practice, row: ClinicianRow, seen: set[str], new_id: NewId
) -> RowOutcome:
    """Add or change the clinician of a row; `seen` holds the external ids of the rows before it.

    Raises:
        Invalid: the row is not valid.
    """
    details = row.parse()
    external_id = _unique_external_id(details, seen)
    known = await unit.clinician_records.find_by_external_id(external_id)
    if known is None:
        clinician = Clinician(new_id(), practice.id, **details.values())
        await unit.clinician_records.add(clinician, AuditEntry("clinician.added", clinician.id))
        return "added"
    changed = known.with_changes(**_given_values(details))
    if changed is known:
        return "unchanged"
    facts = {"fields": changed_fields(known, changed)}
    await unit.clinician_records.save(changed, AuditEntry("clinician.changed", known.id, facts=facts))
    return "changed"


async def import_client(
    unit: PeopleUnit, practice: Practice, row: ClientRow, seen: set[str], new_id: NewId, now: datetime
) -> RowOutcome:
    """Add or change the client of a row; `seen` holds the external ids of the rows before it.

    Raises:
        Invalid: the row is not valid.
    """
    details = row.parse(practice.today(now))
    external_id = _unique_external_id(details, seen)
    team = await _team(unit, row)
    known = await unit.client_records.find_by_external_id(external_id)
    if known is None:
        client = Client(new_id(), practice.id, created_at=now, **details.values())
        await unit.client_records.add(client, AuditEntry("client.added", client.id, record=client.id))
        await _assign(unit, client, team)
        return "added"
    changed = await _merged(unit, known, details)
    if changed is not known:
        facts = {"fields": changed_fields(known, changed)}
        await unit.client_records.save(changed, AuditEntry("client.changed", known.id, record=known.id, facts=facts))
        await recalculate_access(unit, known, changed, now)
    return "unchanged" if await _assign(unit, changed, team) is known else "changed"


async def _merged(unit: PeopleUnit, known: Client, details: ClientDetails) -> Client:
    values = _given_values(details)
    for name in CLIENT_MANAGED_FIELDS:
        if getattr(known, name) is not None:
            del values[name]
    if known.email is not None and details.email != known.email:
        account = await unit.accounts.find_by_email("portal", known.email)
        if account is not None and account.client_id == known.id and account.status == "active":
            del values["email"]
    return known.with_changes(**values)


def _given_values(details: ClientDetails | ClinicianDetails) -> dict[str, Any]:
    return {name: value for name, value in details.values().items() if value or name not in BILLING_FIELDS}


async def _team(unit: PeopleUnit, row: ClientRow) -> tuple[UUID, ...]:
    found = []
    for external_id in row.team():
        clinician = await unit.clinician_records.find_by_external_id(external_id)
        if clinician is None:
            raise Invalid.at("clinicians", "clinician_unknown", "No clinician has this external id.")
        found.append(clinician.id)
    return tuple(sorted(set(found)))


async def _assign(unit: PeopleUnit, client: Client, team: tuple[UUID, ...]) -> Client:
    return await assign_team(unit, client, team) if team else client


def _unique_external_id(details: ClientDetails | ClinicianDetails, seen: set[str]) -> str:
    external_id = details.external_id
    assert external_id is not None
    if external_id in seen:
        raise Invalid.at("external_id", "duplicate_id", "Must be unique: an earlier row of the file has this id.")
    seen.add(external_id)
    return external_id
