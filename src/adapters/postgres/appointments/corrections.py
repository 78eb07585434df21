"""Corrections of appointments in PostgreSQL, with the reason encrypted."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, insert, select

from adapters.postgres.appointments.tables import corrections
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.correction import Correction
from portal_core.appointments.ports import Corrections
from portal_core.kernel.audit import AuditEntry

_CORRECTION = entity(Correction, corrections)
ADD = statement("corrections.add", insert(corrections))
OF_APPOINTMENT = statement(
    "corrections.of_appointment",
    select(*_CORRECTION.columns)
    .where(
        corrections.c.practice_id == bindparam("practice_id"),
        corrections.c.appointment_id == bindparam("appointment_id"),
    )
    .order_by(corrections.c.corrected_at.desc(), corrections.c.id.desc()),
    scope_exemption="the practice sees all clients; row-level security confines a client to their own record",
)


@define
class PostgresCorrections(Corrections):
    """Corrections are only added, never changed."""

    tx: Transaction

    async def add(self, correction: Correction, audit_entry: AuditEntry) -> None:
        # A correction for all clients must not fail because one client's record key was destroyed.
        reason = await self.tx.seal_unless_destroyed(
            correction.client_id, corrections.c.reason, correction.id, correction.reason
        )
        self.tx.write_later(ADD, **_CORRECTION.values(correction, reason=reason))
        self.tx.add_audit_entry(audit_entry)

    async def of_appointment(self, appointment_id: UUID) -> list[Correction]:
        rows = await self.tx.fetch(OF_APPOINTMENT, appointment_id=appointment_id)
        await self.tx.load_keys(row["client_id"] for row in rows)
        return [await self._correction(row) for row in rows]

    async def _correction(self, row: Any) -> Correction:
        reason = await self.tx.unseal(row["client_id"], corrections.c.reason, row["id"], row["reason"])
        return _CORRECTION.of(row, reason=reason)
