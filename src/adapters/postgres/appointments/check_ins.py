"""Check-ins to video visits in PostgreSQL, with location and callback number encrypted."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, insert, select

from adapters.postgres.appointments.tables import check_ins
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.ports import CheckIns
from portal_core.kernel.audit import AuditEntry

_CHECK_IN = entity(CheckIn, check_ins)
ADD = statement("check_ins.add", insert(check_ins))
OF_APPOINTMENT = statement(
    "check_ins.of_appointment",
    select(*_CHECK_IN.columns)
    .where(
        check_ins.c.practice_id == bindparam("practice_id"),
        check_ins.c.appointment_id == bindparam("appointment_id"),
    )
    .order_by(check_ins.c.joined_at.desc(), check_ins.c.id.desc()),
    scope_exemption="the practice sees all clients; row-level security confines a client to their own record",
)


@define
class PostgresCheckIns(CheckIns):
    """Check-ins are only added, never changed."""

    tx: Transaction

    async def add(self, check_in: CheckIn, audit_entry: AuditEntry) -> None:
        client_id, row_id = check_in.client_id, check_in.id
        location = await self.tx.seal(client_id, check_ins.c.client_location, row_id, check_in.client_location)
        callback = await self.tx.seal(client_id, check_ins.c.callback, row_id, check_in.callback)
        await self.tx.execute(ADD, **_CHECK_IN.values(check_in, client_location=location, callback=callback))
        self.tx.add_audit_entry(audit_entry)

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]:
        rows = await self.tx.fetch(OF_APPOINTMENT, appointment_id=appointment_id)
        await self.tx.load_keys(row["client_id"] for row in rows)
        return [await self._check_in(row) for row in rows]

    async def _check_in(self, row: Any) -> CheckIn:
        client_id, row_id = row["client_id"], row["id"]
        return _CHECK_IN.of(
            row,
            client_location=await self.tx.unseal(
                client_id, check_ins.c.client_location, row_id, row["client_location"]
            ),
            callback=await self.tx.unseal(client_id, check_ins.c.callback, row_id, row["callback"]),
        )
