"""Import clients and clinicians from the EHR's export."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid, RecordDestroyed
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.import_merge import RowOutcome, import_client, import_clinician
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.model import Practice
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ImportReport, RejectedRow

Progress = Callable[[int, int], None]
"""Called after each chunk with the rows done and the total rows."""

CHUNK_SIZE = 50
ENCRYPTED_COLUMNS = ("address", "emergency_contact_name", "coverage")
_Row = TypeVar("_Row")


def ignore_progress(_done: int, _total: int) -> None:
    """Discard progress reports."""


@frozen
class ImportPeopleCommand:
    clinicians: Sequence[ClinicianRow] = ()
    clients: Sequence[ClientRow] = ()
    progress: Progress = ignore_progress


@frozen
class ImportPeople:
    """An administrator, or a job, imports clinicians and then clients, matched by their `external_id`.

    A row that is not valid is rejected with its line and the reason, and the import continues. Rows are written in
    chunks of 50, each in one transaction, so an interrupted run can simply be repeated. Fields that clients can change
    in the portal are filled only where they are empty, and an email that signs in is not replaced; coverage, NPI and
    licenses stay where the row has none; nobody is removed and nobody is invited. A corrected date of birth or state
    recalculates the dates of proxies' grants, and whether the client is old enough for their account. A row with a
    field to encrypt is rejected if the key of the record was destroyed.

    Raises:
        NotFound, Forbidden: not an administrator.
        Conflict: another import is running over the same rows; run this one again.
    """

    begin: Begin[PeopleUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: ImportPeopleCommand) -> ImportReport:
        async with self.begin(actor):
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
        total = len(command.clinicians) + len(command.clients)
        outcomes: list[RowOutcome | RejectedRow] = []
        seen: set[str] = set()
        for clinicians in _chunks(command.clinicians):
            async with self.begin(actor) as unit:
                practice = await unit.practice_record.get()
                outcomes += [await self._clinician(unit, practice, row, seen) for row in clinicians]
                await unit.commit(None)
            command.progress(len(outcomes), total)
        seen = set()
        for clients in _chunks(command.clients):
            async with self.begin(actor) as unit:
                practice = await unit.practice_record.get()
                outcomes += [await self._client(unit, practice, row, seen) for row in clients]
                await unit.commit(None)
            command.progress(len(outcomes), total)
        return await self._report(actor, outcomes)

    async def _clinician(
        self, unit: PeopleUnit, practice: Practice, row: ClinicianRow, seen: set[str]
    ) -> RowOutcome | RejectedRow:
        try:
            return await import_clinician(unit, practice, row, seen, self.ids.new)
        except Invalid as error:
            return _rejected_row(row.line, error)

    async def _client(
        self, unit: PeopleUnit, practice: Practice, row: ClientRow, seen: set[str]
    ) -> RowOutcome | RejectedRow:
        try:
            return await import_client(unit, practice, row, seen, self.ids.new, self.clock.now())
        except Invalid as error:
            return _rejected_row(row.line, error)
        except RecordDestroyed as error:
            given = [name for name in ENCRYPTED_COLUMNS if getattr(row, name)]
            return RejectedRow(row.line, given[0], error.code, error.title)

    async def _report(self, actor: Actor, outcomes: Sequence[RowOutcome | RejectedRow]) -> ImportReport:
        report = ImportReport(
            added=outcomes.count("added"),
            changed=outcomes.count("changed"),
            unchanged=outcomes.count("unchanged"),
            rejected=tuple(outcome for outcome in outcomes if isinstance(outcome, RejectedRow)),
        )
        facts = {name: str(getattr(report, name)) for name in ("added", "changed", "unchanged")}
        async with self.begin(actor) as unit:
            await unit.audit.record(
                AuditEntry("people.imported", facts={**facts, "rejected": str(len(report.rejected))})
            )
            return await unit.commit(report)


def _chunks(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    return (rows[start : start + CHUNK_SIZE] for start in range(0, len(rows), CHUNK_SIZE))


def _rejected_row(line: int, error: Invalid) -> RejectedRow:
    first = error.fields[0]
    return RejectedRow(line, first.path, first.code, first.message)
