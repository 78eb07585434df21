"""Clients and clinicians come from the EHR's export."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from attrs import frozen

from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid, RecordDestroyed
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.import_changes import Fate, take_client, take_clinician
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.model import Practice
from portal_core.people.policy import RUNS_PRACTICE
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ImportReport, RefusedRow

Progress = Callable[[int, int], None]
"""Told after each chunk: rows done, rows in all."""

CHUNK = 50
_Row = TypeVar("_Row")


@frozen
class ImportPeopleCommand:
    clinicians: Sequence[ClinicianRow] = ()
    clients: Sequence[ClientRow] = ()


def quiet(_done: int, _of: int) -> None:
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

    async def __call__(self, actor: Actor, command: ImportPeopleCommand, progress: Progress = quiet) -> ImportReport:
        async with self.begin(actor):
            staff_or_system(actor, *RUNS_PRACTICE)
        of = len(command.clinicians) + len(command.clients)
        fates: list[Fate | RefusedRow] = []
        seen: set[str] = set()
        for clinicians in _chunks(command.clinicians):
            async with self.begin(actor) as unit:
                practice = await unit.practice_record.get()
                fates += [await self._clinician(unit, practice, row, seen) for row in clinicians]
                await unit.commit(None)
            progress(len(fates), of)
        seen = set()
        for clients in _chunks(command.clients):
            async with self.begin(actor) as unit:
                practice = await unit.practice_record.get()
                fates += [await self._client(unit, practice, row, seen) for row in clients]
                await unit.commit(None)
            progress(len(fates), of)
        return await self._reported(actor, fates)

    async def _clinician(
        self, unit: PeopleUnit, practice: Practice, row: ClinicianRow, seen: set[str]
    ) -> Fate | RefusedRow:
        try:
            return await take_clinician(unit, practice, row, seen, self.ids.new)
        except Invalid as refused:
            return _refusal(row.line, refused)

    async def _client(self, unit: PeopleUnit, practice: Practice, row: ClientRow, seen: set[str]) -> Fate | RefusedRow:
        try:
            return await take_client(unit, practice, row, seen, self.ids.new, self.clock.now())
        except Invalid as refused:
            return _refusal(row.line, refused)
        except RecordDestroyed as refused:
            return RefusedRow(row.line, "address", refused.code, refused.title)

    async def _reported(self, actor: Actor, fates: Sequence[Fate | RefusedRow]) -> ImportReport:
        report = ImportReport(
            added=fates.count("added"),
            changed=fates.count("changed"),
            unchanged=fates.count("unchanged"),
            refused=tuple(fate for fate in fates if isinstance(fate, RefusedRow)),
        )
        facts = {name: str(getattr(report, name)) for name in ("added", "changed", "unchanged")}
        async with self.begin(actor) as unit:
            await unit.audit.record(Audited("people.imported", facts={**facts, "refused": str(len(report.refused))}))
            return await unit.commit(report)


def _chunks(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def _refusal(line: int, refused: Invalid) -> RefusedRow:
    first = refused.fields[0]
    return RefusedRow(line, first.path, first.code, first.message)
