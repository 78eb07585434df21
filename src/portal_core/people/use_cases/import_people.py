"""Clients and clinicians come from the EHR's export."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid, RecordDestroyed
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.model import Practice
from portal_core.people.people_import import RowOutcome, import_client, import_clinician
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ImportReport, RejectedRow

Progress = Callable[[int, int], None]
"""Told after each chunk: rows done, rows in all."""

CHUNK_SIZE = 50
_Row = TypeVar("_Row")


@frozen
class ImportPeopleCommand:
    clinicians: Sequence[ClinicianRow] = ()
    clients: Sequence[ClientRow] = ()


def ignore_progress(_done: int, _total: int) -> None:
    """Nobody watches."""


@frozen
class ImportPeople:
    """An administrator, or a job, brings in clinicians and then clients, found again by their `external_id`.

    A row that cannot be taken is refused with its line and the reason, and the others go on. Rows are written in
    chunks of 50, each whole or not at all, so a run that was cut short is simply run again. What a client may change
    in the portal is only filled in where it is empty, and an email that signs in stays; nobody is removed and nobody
    is invited. A corrected date of birth or state moves the last days of proxies' grants. A row with an address is
    refused where the key of the record was destroyed.

    Raises:
        NotFound, Forbidden: not an administrator.
        Conflict: another import runs over the same rows; run this one again.
    """

    begin: Begin[PeopleUnit]
    clock: Clock
    ids: IdSource

    async def __call__(
        self, actor: Actor, command: ImportPeopleCommand, progress: Progress = ignore_progress
    ) -> ImportReport:
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
            progress(len(outcomes), total)
        seen = set()
        for clients in _chunks(command.clients):
            async with self.begin(actor) as unit:
                practice = await unit.practice_record.get()
                outcomes += [await self._client(unit, practice, row, seen) for row in clients]
                await unit.commit(None)
            progress(len(outcomes), total)
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
            return RejectedRow(row.line, "address", error.code, error.title)

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
