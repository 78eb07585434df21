"""Import people, and invite the guardians whom the rows of clients name."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Protocol
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.errors import GrantNotAllowed
from portal_core.access.model import GrantTerms, effective_terms
from portal_core.access.policy import GRANT_MANAGER_ROLES
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.guardians import Guardian, GuardianColumns
from portal_core.accounts.invitation_delivery import send_invitation
from portal_core.accounts.invitation_errors import EmailInUse, EmailInvited
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.model import Account
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.import_cells import DateOrder
from portal_core.people.import_rows import ClientRow
from portal_core.people.model import Client, Practice
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand, in_chunks, retried
from portal_core.people.views import ImportedRow, ImportReport


class ImportUnit(AccountsUnit, PeopleUnit, Protocol):
    """The unit of work of an import with guardians."""


@frozen
class ImportWithGuardiansCommand:
    """`guardians` has an item for each client of `people`, or none at all.

    `decided_by` is the email of the administrator or clinician who decides on the guardians' access. A job must name
    them, but not for a dry run; a member of staff decides themselves.
    """

    people: ImportPeopleCommand
    guardians: Sequence[GuardianColumns] = ()
    decided_by: str | None = None


@frozen
class _Row:
    """A row as the import of people reported it, and whom it names."""

    imported: ImportedRow
    client: ClientRow
    guardians: tuple[Guardian, ...]

    @property
    def invites(self) -> bool:
        """Whether guardians may be invited: the client was accepted, and the row names some."""
        return self.imported.outcome != "rejected" and bool(self.guardians)


@frozen
class _Subject:
    """The client as the import leaves them; in a dry run, without an id if they are not stored yet."""

    id: UUID | None
    date_of_birth: date
    state: str | None
    active: bool


@frozen
class ImportWithGuardians:
    """An administrator, or a job, imports people as `ImportPeople` does, and invites guardians of clients as proxies.

    A column about guardians that is not valid is an error of the row like any other: the row is rejected. Who cannot be
    invited for the state of something else (the client's age, an account or an invitation that has the email, a last
    day that is past) is no error: the client is imported, and the report says why the guardian is not invited.

    Somebody who was ever invited as a proxy of the client, or ever had access to the record, is left as they are, so
    that importing a file again invites nobody twice and restores no access that was withdrawn. Guardians of discharged
    clients are not invited.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: a row names guardians, and `decided_by` is not the email of staff who may decide on access, or is
            missing where this is no dry run. Nothing was imported.
        Conflict: others kept changing the same people meanwhile; run this one again.
    """

    begin: Begin[ImportUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: ImportWithGuardiansCommand) -> ImportReport:
        people, import_people = command.people, ImportPeople(self.begin, self.clock, self.ids)
        columns = command.guardians or [GuardianColumns()] * len(people.clients)
        read = [_read(one, people.dates) for one in columns]
        clients = [
            evolve(row, errors=row.errors + errors) for row, (_, errors) in zip(people.clients, read, strict=True)
        ]
        people = evolve(people, clients=clients)
        if not any(one.named for one in columns):
            return await import_people(actor, people)
        decided_by = await self._grant_manager(actor, command)
        report = await import_people(actor, people)
        of_clinicians, of_clients = report.rows[: len(people.clinicians)], report.rows[len(people.clinicians) :]
        rows = [_Row(*one) for one in zip(of_clients, clients, (guardians for guardians, _ in read), strict=True)]
        done = list(of_clinicians)
        for _, some in in_chunks(rows):
            done += await retried(partial(self._chunk, actor, people, decided_by, some))
        return ImportReport.of(done, dry_run=report.dry_run)

    async def _grant_manager(self, actor: Actor, command: ImportWithGuardiansCommand) -> UUID | None:
        """The account of who decides on the guardians' access; nobody yet in a dry run that names nobody."""
        email = command.decided_by
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            if isinstance(actor, StaffActor):
                return actor.account_id
            if email is None and command.people.dry_run:
                return None
            member = (
                await unit.staff_records.find_by_email(normalize_email(email, path="decided_by")) if email else None
            )
            account = await unit.accounts.find_by_person("practice", member.id) if member else None
            active = member is not None and member.active and account is not None and account.status == "active"
            if member is None or account is None or not active or member.roles.isdisjoint(GRANT_MANAGER_ROLES):
                message = "Name the administrator or clinician with an account who decides on the guardians' access."
                raise Invalid.at("decided_by", "not_a_grant_manager", message)
            return account.id

    async def _chunk(
        self, actor: Actor, people: ImportPeopleCommand, decided_by: UUID | None, rows: Sequence[_Row]
    ) -> list[ImportedRow]:
        if not any(row.invites for row in rows):
            return [row.imported for row in rows]
        async with self.begin(actor) as unit:
            practice = await unit.practice_record.get()
            external_ids = {row.imported.external_id for row in rows if row.invites and row.imported.external_id}
            known = await unit.client_records.find_by_external_ids(external_ids)
            await unit.invitations.lock()
            invited = await unit.invitations.proxies_invited([client.id for client in known.values()])
            done = []
            for row in rows:
                if not row.invites:
                    done.append(row.imported)
                    continue
                subject = self._subject(row, known, practice, people.dates)
                done.append(await self._row(unit, people, decided_by, practice, row, subject, invited))
            if not people.dry_run:
                await unit.commit(None)
            return done

    def _subject(self, row: _Row, known: Mapping[str, Client], practice: Practice, dates: DateOrder) -> _Subject:
        client = known.get(row.imported.external_id or "")
        values = row.client.parse(practice.today(self.clock.now()), dates).values
        if client is None:
            state, status = values.get("state"), values.get("status", "active")
            return _Subject(None, values["date_of_birth"], state, status == "active")
        return _Subject(
            client.id,
            values.get("date_of_birth", client.date_of_birth),
            values.get("state", client.state),
            values.get("status", client.status) == "active",
        )

    async def _row(
        self,
        unit: ImportUnit,
        people: ImportPeopleCommand,
        decided_by: UUID | None,
        practice: Practice,
        row: _Row,
        subject: _Subject,
        invited: frozenset[tuple[UUID, str]],
    ) -> ImportedRow:
        count, not_invited = 0, list[FieldError]()
        for guardian in row.guardians if subject.active else ():
            if subject.id is not None and (subject.id, guardian.email) in invited:
                continue
            account = await unit.accounts.find_by_email("portal", guardian.email)
            if subject.id is not None and account is not None:
                grants = await unit.grants.list_for_client(subject.id)
                if any(grant.account_id == account.id for grant in grants):
                    continue
            now = self.clock.now()
            invitation = Invitation(
                id=self.ids.new(),
                practice_id=practice.id,
                kind="proxy",
                email=guardian.email,
                created_at=now,
                expires_at=now,
                client_id=subject.id or self.ids.new(),
                terms=guardian.terms,
                invited_by=decided_by,
            )
            faults = _faults(guardian.terms, subject, practice, practice.today(now)) + await _taken(
                unit, invitation, account
            )
            not_invited += faults
            if faults:
                continue
            count += 1
            if not people.dry_run and subject.id is not None:
                await send_invitation(unit, invitation)
        return evolve(row.imported, guardians=count, not_invited=tuple(not_invited))


def _read(columns: GuardianColumns, dates: DateOrder) -> tuple[tuple[Guardian, ...], tuple[FieldError, ...]]:
    """The guardians of a row, and what is wrong with its columns about them."""
    try:
        return columns.guardians(dates), ()
    except Invalid as error:
        return (), error.fields


def _faults(terms: GrantTerms, subject: _Subject, practice: Practice, today: date) -> tuple[FieldError, ...]:
    """Why the terms are not allowed today."""
    try:
        effective_terms(terms, date_of_birth=subject.date_of_birth, state=subject.state or practice.state, today=today)
    except GrantNotAllowed as error:
        return (FieldError.of_refusal("guardian_email", error),)
    except Invalid as error:
        return tuple(_fault_of_column(one) for one in error.fields)
    return ()


async def _taken(unit: ImportUnit, invitation: Invitation, account: Account | None) -> tuple[FieldError, ...]:
    """Why the email cannot be invited: it has an account, or another invitation would exclude this one."""
    if account is not None and account.status == "active":
        message = "An account has this email: give it access in the client's record."
        return (FieldError.of_refusal("guardian_email", AlreadyRegistered, message),)
    others = await unit.invitations.list_open_for(invitation.email)
    if any(one.is_open(invitation.created_at) and one.excludes(invitation) for one in others):
        return (FieldError.of_refusal("guardian_email", EmailInvited),)
    return () if account is None else (FieldError.of_refusal("guardian_email", EmailInUse),)


def _fault_of_column(fault: FieldError) -> FieldError:
    if fault.path == "areas":  # over an adult; no column says which
        message = "The areas of access to an adult's record must be chosen: invite this person in the client's record."
        return FieldError("guardian_relationship", fault.code, message)
    return FieldError(f"guardian_{fault.path}", fault.code, fault.message)
