"""Check-ins to video visits in PostgreSQL, with location and callback number encrypted."""

from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select

from adapters.postgres.appointments.tables import check_ins
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.ports import CheckIns
from portal_core.kernel.audit import AuditEntry

ADD = statement("check_ins.add", insert_all(check_ins))
OF_APPOINTMENT = statement(
    "check_ins.of_appointment",
    select(
        check_ins.c.id,
        check_ins.c.practice_id,
        check_ins.c.appointment_id,
        check_ins.c.client_id,
        check_ins.c.client_location,
        check_ins.c.callback,
        check_ins.c.joined_at,
    )
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
        client = check_in.client_id
        await self.tx.execute(
            ADD,
            id=check_in.id,
            client_id=client,
            appointment_id=check_in.appointment_id,
            client_location=await self.tx.seal(
                client, check_ins.c.client_location, check_in.id, check_in.client_location
            ),
            callback=await self.tx.seal(client, check_ins.c.callback, check_in.id, check_in.callback),
            joined_at=check_in.joined_at,
        )
        self.tx.add_audit_entry(audit_entry)

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]:
        rows = await self.tx.fetch(OF_APPOINTMENT, appointment_id=appointment_id)
        await self.tx.load_keys(row[3] for row in rows)
        return [
            CheckIn(
                id=row[0],
                practice_id=row[1],
                appointment_id=row[2],
                client_id=row[3],
                client_location=await self.tx.unseal(row[3], check_ins.c.client_location, row[0], row[4]),
                callback=await self.tx.unseal(row[3], check_ins.c.callback, row[0], row[5]),
                joined_at=row[6],
            )
            for row in rows
        ]
