"""How the rows of an import change the practice's people: planned from what is stored, then written."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, evolve, field, fields, frozen

from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import FieldError, Invalid, RecordDestroyed
from portal_core.kernel.sources import IdSource
from portal_core.people.corrections import recalculate_access, suspends
from portal_core.people.import_cells import DateOrder
from portal_core.people.import_rows import ClientRow, ClinicianRow, ParsedRow
from portal_core.people.model import Client, Clinician, Practice, StaffMember, changed_fields
from portal_core.people.ports import PeopleUnit, PersonAccount
from portal_core.people.staff_rules import LeavingStaff, leave
from portal_core.people.views import ImportedRow, PersonKind, RowOutcome

CLIENT_MANAGED_FIELDS = tuple(one.name for one in fields(ContactChanges))
"""Fields that clients and proxies may change in the portal: then an import fills only those that have no value."""

ENCRYPTED_FIELDS = ("address", "emergency_contact", "coverage")
"""Fields that cannot be stored once the key of the record was destroyed."""


@define
class ImportContext:
    """What is known across the chunks of one import.

    `clinicians` are the practice's as this import leaves them, by external id.
    """

    practice_id: UUID
    ids: IdSource
    dates: DateOrder = "iso"
    clinicians: dict[str, Clinician] = field(factory=dict)
    _first: dict[tuple[str, str], tuple[int, int]] = field(factory=dict)

    def add_clinicians(self, clinicians: Iterable[Clinician | None]) -> None:
        """Remember these, for the care teams of the clients that follow."""
        self.clinicians |= {one.external_id: one for one in clinicians if one is not None and one.external_id}

    def duplicate(self, kind: PersonKind, external_id: str | None, place: int, line: int) -> tuple[FieldError, ...]:
        """The error of a row whose external id an earlier row of its kind has; `place` is the row's among these."""
        first = self._first.setdefault((kind, external_id), (place, line)) if external_id else (place, line)
        if first[0] == place:
            return ()
        message = f"Must be unique: the row in line {first[1]} has the same id."
        return (FieldError("external_id", "duplicate_id", message),)


@frozen
class ClinicianPlan:
    """A row, and the clinician as stored and as they will be. Both are None if the row is rejected.

    `staff` are this clinician, who is not active.
    """

    row: ImportedRow
    before: Clinician | None = None
    after: Clinician | None = None
    staff: LeavingStaff = field(factory=LeavingStaff)

    def with_staff(self, members: Iterable[StaffMember]) -> "ClinicianPlan":
        """The plan with those of the staff who are this clinician, if the clinician is not active."""
        if self.before is None or self.after is None or self.after.active:
            return self
        staff = LeavingStaff.of(self.before, members)
        row = evolve(self.row, staff_ended=len(staff.ended), staff_kept=len(staff.kept))
        return evolve(self, row=row, staff=staff)


@frozen
class ClientPlan:
    """A row, the client as stored and as they will be, and their new care team; a `team` of None stays as it is."""

    row: ImportedRow
    before: Client | None = None
    after: Client | None = None
    team: tuple[UUID, ...] | None = None


async def plan_clinicians(
    unit: PeopleUnit, context: ImportContext, rows: Sequence[ClinicianRow], first: int
) -> list[ClinicianPlan]:
    """Compare the rows with the stored clinicians; `first` is the place of the first row in the import."""
    known = {one.external_id: one for one in await unit.clinician_records.all()}
    plans = []
    for place, row in enumerate(rows, first):
        parsed = row.parse()
        external_id = parsed.values.get("external_id")
        before = known.get(external_id) if external_id else None
        errors = parsed.errors + context.duplicate("clinician", external_id, place, row.line)
        if before is None:
            errors += parsed.missing(*row.REQUIRED)
        if errors:
            plans.append(ClinicianPlan(_rejected("clinician", row.line, external_id, errors)))
            continue
        after = (
            Clinician(context.ids.new(), context.practice_id, **parsed.values)
            if before is None
            else before.with_changes(**parsed.values)
        )
        plans.append(ClinicianPlan(_accepted("clinician", row.line, before, after, parsed), before, after))
    members = await unit.staff_records.all()
    return [plan.with_staff(members) for plan in plans]


async def store_clinicians(unit: PeopleUnit, plans: Sequence[ClinicianPlan], now: datetime) -> None:
    """Add and change clinicians as planned. Those who leave do so as by `ChangeClinician`."""
    for plan in plans:
        after, before = plan.after, plan.before
        if after is None or after is before:
            continue
        if before is None:
            await unit.clinician_records.add(after, AuditEntry("clinician.added", after.id))
        else:
            if before.active and not after.active:
                await leave(unit, before, plan.staff, now)
            facts = {"fields": changed_fields(before, after)}
            await unit.clinician_records.save(after, AuditEntry("clinician.changed", after.id, facts=facts))


async def plan_clients(
    unit: PeopleUnit, context: ImportContext, rows: Sequence[ClientRow], first: int, now: datetime
) -> list[ClientPlan]:
    """Compare the rows with the stored clients; `first` is the place of the first row in the import."""
    practice = await unit.practice_record.get()
    parsed = [row.parse(practice.today(now), context.dates) for row in rows]
    stored = await _stored_clients(unit, parsed)
    return [
        _plan_client(context, practice, stored, row, one, place, now)
        for place, (row, one) in enumerate(zip(rows, parsed, strict=True), first)
    ]


@frozen
class _StoredClients:
    """The clients that rows are about: by external id, their care teams, and whose key was destroyed.

    `accounts` are those of the clients who have one, and `managed` the clients whose contact fields they or a proxy may
    have changed in the portal.
    """

    known: Mapping[str, Client]
    teams: Mapping[UUID, tuple[UUID, ...]]
    destroyed: frozenset[UUID]
    accounts: Mapping[UUID, PersonAccount]
    managed: frozenset[UUID]


async def _stored_clients(unit: PeopleUnit, parsed: Sequence[ParsedRow]) -> _StoredClients:
    external_ids = {one.values["external_id"] for one in parsed if "external_id" in one.values}
    known = await unit.client_records.find_by_external_ids(external_ids)
    ids = [client.id for client in known.values()]
    teams, accounts, by_proxies = await unit.read_together(
        unit.care_teams.of_all(ids), unit.accounts.find_by_clients(ids), unit.grants.proxy_managed(ids)
    )
    about = [(known[one.values["external_id"]], one.values) for one in parsed if one.values.get("external_id") in known]
    sealing = {client.id for client, values in about if _sealed(values)}
    destroyed = await unit.client_records.destroyed(sealing)
    return _StoredClients(known, teams, destroyed, accounts, by_proxies | accounts.keys())


def _plan_client(
    context: ImportContext,
    practice: Practice,
    stored: _StoredClients,
    row: ClientRow,
    parsed: ParsedRow,
    place: int,
    now: datetime,
) -> ClientPlan:
    external_id = parsed.values.get("external_id")
    before = stored.known.get(external_id) if external_id else None
    stored_team = stored.teams[before.id] if before else ()
    team, team_errors = _team(row, context.clinicians, stored_team)
    errors = parsed.errors + context.duplicate("client", external_id, place, row.line) + team_errors
    values, kept = parsed.values, tuple[str, ...]()
    account = stored.accounts.get(before.id) if before else None
    if before is None:
        errors += parsed.missing(*row.REQUIRED)
    else:
        signs_in = account is not None and account.status == "active" and account.email == before.email
        values, kept = _merged(before, parsed.values, signs_in=signs_in, managed=before.id in stored.managed)
        if before.id in stored.destroyed:
            errors += _cannot_seal(values)
    if errors:
        return ClientPlan(_rejected("client", row.line, external_id, errors))
    if before is None:
        after = Client(context.ids.new(), context.practice_id, created_at=now, **values)
    else:
        after = before.with_changes(**values)
    if team == stored_team:
        team = None
    if team is not None and after is before:
        after = after.with_next_version()  # a changed team is a change of the client
    imported = _accepted("client", row.line, before, after, parsed, kept, team_changes=team is not None)
    if before is not None and account is not None:
        imported = evolve(imported, suspends_account=suspends(before, after, account, practice, now))
    return ClientPlan(imported, before, after, team)


def _cannot_seal(values: Mapping[str, Any]) -> tuple[FieldError, ...]:
    columns = ("emergency_contact_name" if name == "emergency_contact" else name for name in _sealed(values))
    return tuple(FieldError.of_refusal(column, RecordDestroyed) for column in columns)


def _sealed(values: Mapping[str, Any]) -> list[str]:
    """The fields to encrypt that a row has a value for."""
    return [name for name in ENCRYPTED_FIELDS if values.get(name) is not None]


async def store_clients(unit: PeopleUnit, plans: Sequence[ClientPlan], now: datetime) -> None:
    """Add and change clients and their care teams as planned.

    Raises:
        StaleVersion, DuplicateExternalId: one of them changed after it was read.
    """
    added = [plan.after for plan in plans if plan.after is not None and plan.before is None]
    changed = [
        (plan.before, plan.after)
        for plan in plans
        if plan.after is not None and plan.before is not None and plan.after is not plan.before
    ]
    added_entries = [AuditEntry("client.added", one.id, record=one.id) for one in added]
    await unit.client_records.add_all(added, added_entries)
    changed_entries = [
        AuditEntry("client.changed", before.id, record=before.id, facts={"fields": names})
        for before, after in changed
        if (names := changed_fields(before, after))
    ]
    await unit.client_records.save_all([after for _, after in changed], changed_entries)
    for before, after in changed:
        await recalculate_access(unit, before, after, now)
    teams = {plan.after.id: plan.team for plan in plans if plan.after is not None and plan.team is not None}
    team_entries = [
        AuditEntry("care_team.assigned", client_id, record=client_id, facts={"clinicians": str(len(team))})
        for client_id, team in teams.items()
    ]
    await unit.care_teams.assign_all(teams, team_entries)


def _merged(
    known: Client, values: Mapping[str, Any], *, signs_in: bool, managed: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values that may replace the client's, and the names of those that may not."""
    differ = {name for name, value in values.items() if value != getattr(known, name)}
    kept = set[str]()
    if managed:
        kept |= {name for name in CLIENT_MANAGED_FIELDS if name in differ and getattr(known, name) is not None}
    if "email" in differ and signs_in:
        kept.add("email")
    return (
        {name: value for name, value in values.items() if name not in kept},
        tuple(name for name in values if name in kept),
    )


def _team(
    row: ClientRow, clinicians: Mapping[str, Clinician], stored: Collection[UUID]
) -> tuple[tuple[UUID, ...] | None, tuple[FieldError, ...]]:
    """The team of a row, None where it says nothing. Clinicians who left stay in the team, and do not join one."""
    try:
        external_ids = row.team()
    except Invalid as error:
        return None, error.fields
    if external_ids is None:
        return None, ()
    found = [clinicians.get(one) for one in external_ids]
    unknown = [str(number) for number, one in enumerate(found, 1) if one is None]
    left = [str(number) for number, one in enumerate(found, 1) if one and not one.active and one.id not in stored]
    errors = []
    if unknown:
        message = f"No clinician has this external id (number {', '.join(unknown)} in the list)."
        errors.append(FieldError("clinicians", "clinician_unknown", message))
    if left:
        message = f"Leave out clinicians who have left the practice (number {', '.join(left)} in the list)."
        errors.append(FieldError("clinicians", "clinician_left", message))
    return tuple(sorted({one.id for one in found if one is not None})), tuple(errors)


def _rejected(kind: PersonKind, line: int, external_id: str | None, errors: tuple[FieldError, ...]) -> ImportedRow:
    return ImportedRow(line, kind, external_id, "rejected", errors=errors)


def _accepted(
    kind: PersonKind,
    line: int,
    before: Client | Clinician | None,
    after: Client | Clinician,
    parsed: ParsedRow,
    kept: tuple[str, ...] = (),
    *,
    team_changes: bool = False,
) -> ImportedRow:
    changed = tuple(parsed.values) if before is None else tuple(changed_fields(before, after).split())
    if team_changes:
        changed += ("clinicians",)
    outcome: RowOutcome = "added" if before is None else "changed" if changed else "unchanged"
    return ImportedRow(line, kind, after.external_id, outcome, changed, kept)
