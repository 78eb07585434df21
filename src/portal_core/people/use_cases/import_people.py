"""Import clients and clinicians from the EHR's export."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Conflict
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.import_cells import DateOrder
from portal_core.people.import_consequences import client_rows, clinician_rows
from portal_core.people.import_merge import (
    ClientPlan,
    ClinicianPlan,
    ImportContext,
    plan_clients,
    plan_clinicians,
    store_clients,
    store_clinicians,
)
from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ImportedRow, ImportReport

Progress = Callable[[int, int], None]
"""Called after each chunk with the rows done and the total rows."""

CHUNK_SIZE = 200
"""Rows in one transaction: many enough for few round trips, and few enough not to delay other requests."""
MAX_ATTEMPTS = 3
_Row = TypeVar("_Row")
_T = TypeVar("_T")


def ignore_progress(_done: int, _total: int) -> None:
    """Discard progress reports."""


@frozen
class ImportPeopleCommand:
    """`dates` is how the rows write dates. A `dry_run` reports the same and changes nobody."""

    clinicians: Sequence[ClinicianRow] = ()
    clients: Sequence[ClientRow] = ()
    progress: Progress = ignore_progress
    dry_run: bool = False
    dates: DateOrder = "iso"


@frozen
class ImportPeople:
    """An administrator, or a job, imports clinicians and then clients, matched by their `external_id`.

    A field that a row leaves blank or does not have stays as it is; `(empty)` empties it. A row that is not valid is
    rejected with all of its errors and changes nothing, and the import continues. Rows are written in chunks, each in
    one transaction, which is tried again if somebody changed the same people meanwhile; an interrupted run can simply
    be repeated.

    The contact fields of a client who has an account, or a proxy who may write them, are filled only where they are
    empty, and an email that signs in is not replaced: the report lists those as kept. Nobody is removed and nobody is
    invited. What clients hold of the time of a clinician who leaves is released, and a clinician who left joins no care
    team. A corrected date of birth or state recalculates the dates of proxies' grants, and whether the client is old
    enough for their account. A row with a field to encrypt is rejected if the key of the record was destroyed.

    Clinicians who leave and clients who are discharged keep their booked appointments, whose number the row tells. It
    also tells whether it suspends the client's account, how many other clients have the same email, and whether the
    staff who are a clinician who leaves can still sign in, as by `ChangeClinician`. A dry run tells the same.

    Raises:
        NotFound, Forbidden: not an administrator.
        Conflict: others kept changing the same people meanwhile; run this one again.
    """

    begin: Begin[PeopleUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: ImportPeopleCommand) -> ImportReport:
        async with self.begin(actor):
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
        total = len(command.clinicians) + len(command.clients)
        context = ImportContext(actor.practice_id, self.ids, command.dates)
        rows: list[ImportedRow] = []
        for first, some in in_chunks(command.clinicians):
            clinicians, told = await retried(partial(self._clinicians, actor, command, context, some, first))
            context.add_clinicians(plan.after for plan in clinicians)
            rows += told
            command.progress(len(rows), total)
        async with self.begin(actor) as unit:
            stored = await unit.clinician_records.all()
        context.add_clinicians([*stored, *context.clinicians.values()])  # a dry run stored none of its own
        emails: list[tuple[UUID, str | None] | None] = []
        told_clients: list[ImportedRow] = []
        for first, more in in_chunks(command.clients):
            plans, told = await retried(partial(self._clients, actor, command, context, more, first))
            emails += [(plan.after.id, plan.after.email) if plan.after is not None else None for plan in plans]
            told_clients += told
            command.progress(len(rows) + len(told_clients), total)
        rows += await self._with_shared_emails(actor, emails, told_clients)
        return await self._report(actor, ImportReport.of(rows, dry_run=command.dry_run))

    async def _clinicians(
        self,
        actor: Actor,
        command: ImportPeopleCommand,
        context: ImportContext,
        rows: Sequence[ClinicianRow],
        first: int,
    ) -> tuple[list[ClinicianPlan], list[ImportedRow]]:
        async with self.begin(actor) as unit:
            now = self.clock.now()
            plans = await plan_clinicians(unit, context, rows, first)
            if not command.dry_run:
                await store_clinicians(unit, plans, now)
            # After their calendars are locked, so that no booking is missed.
            told = await clinician_rows(unit, plans, now)
            if not command.dry_run:
                await unit.commit(None)
            return plans, told

    async def _clients(
        self, actor: Actor, command: ImportPeopleCommand, context: ImportContext, rows: Sequence[ClientRow], first: int
    ) -> tuple[list[ClientPlan], list[ImportedRow]]:
        async with self.begin(actor) as unit:
            now = self.clock.now()
            plans = await plan_clients(unit, context, rows, first, now)
            if not command.dry_run:
                await store_clients(unit, plans, now)
            told = await client_rows(unit, plans, now)
            if not command.dry_run:
                await unit.commit(None)
            return plans, told

    async def _with_shared_emails(
        self, actor: Actor, emails: Sequence[tuple[UUID, str | None] | None], rows: Sequence[ImportedRow]
    ) -> list[ImportedRow]:
        """The rows, each with the number of other clients that have its client's email once all rows are written.

        `emails` are the id and the email of each row's client, None where the row is rejected.
        """
        written = dict(filter(None, emails))
        holders: dict[UUID, str | None] = {}
        for _, some in in_chunks(sorted({email for email in written.values() if email is not None})):
            async with self.begin(actor) as unit:
                holders |= await unit.client_records.find_by_emails(some)
        counted = Counter(email for email in (holders | written).values() if email is not None)
        others = (max(counted[one[1]] - 1, 0) if one and one[1] else 0 for one in emails)
        return [evolve(row, shares_email=count) for row, count in zip(rows, others, strict=True)]

    async def _report(self, actor: Actor, report: ImportReport) -> ImportReport:
        facts = {name: str(getattr(report, name)) for name in ("added", "changed", "unchanged", "rejected")}
        action = "people.import_checked" if report.dry_run else "people.imported"
        async with self.begin(actor) as unit:
            await unit.audit.record(AuditEntry(action, facts=facts))
            return await unit.commit(report)


def in_chunks(rows: Sequence[_Row]) -> Iterator[tuple[int, Sequence[_Row]]]:
    """The rows of one transaction each, and the place of the first of them."""
    return ((start, rows[start : start + CHUNK_SIZE]) for start in range(0, len(rows), CHUNK_SIZE))


async def retried(chunk: Callable[[], Awaitable[_T]]) -> _T:
    """Run a chunk, again if somebody changed one of its people meanwhile."""
    for _ in range(MAX_ATTEMPTS - 1):
        with suppress(Conflict):
            return await chunk()
    return await chunk()
