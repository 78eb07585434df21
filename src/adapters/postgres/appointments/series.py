"""Weekly series in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.appointments.appointments import PostgresAppointments
from adapters.postgres.appointments.tables import appointment_series as series
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry

_here = series.c.practice_id == bindparam("practice_id")
ADD = statement("series.add", insert_all(series))
GET = statement(
    "series.get",
    select(
        series.c.id,
        series.c.practice_id,
        series.c.clinician_id,
        series.c.appointment_type_id,
        series.c.location_id,
        series.c.first_start,
        series.c.time_zone,
        series.c.weeks,
        series.c.created_at,
        series.c.status,
        series.c.version,
    ).where(_here, series.c.id == bindparam("id")),
)
SAVE = statement(
    "series.save",
    update(series)
    .where(_here, series.c.id == bindparam("series"), series.c.version == bindparam("before"))
    .values(status=bindparam("status"), version=bindparam("version")),
)


@define
class PostgresSeriesRepository(SeriesRepository):
    """Weekly series. Row-level security restricts them to staff and jobs."""

    tx: Transaction

    async def add(self, series: Series, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD,
            id=series.id,
            clinician_id=series.clinician_id,
            appointment_type_id=series.appointment_type_id,
            location_id=series.location_id,
            first_start=series.first_start.isoformat(),
            time_zone=series.time_zone,
            weeks=series.weeks,
            created_at=series.created_at,
            status=series.status,
            version=series.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def get(self, series_id: UUID) -> Series | None:
        row = await self.tx.fetchrow(GET, id=series_id)
        if row is None:
            return None
        return Series(
            id=row[0],
            practice_id=row[1],
            clinician_id=row[2],
            appointment_type_id=row[3],
            location_id=row[4],
            first_start=datetime.fromisoformat(row[5]),
            time_zone=row[6],
            weeks=row[7],
            created_at=row[8],
            status=row[9],
            version=row[10],
        )

    async def save(self, series: Series, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE, series=series.id, before=series.version - 1, status=series.status, version=series.version
        )
        self.tx.add_audit_entry(audit_entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return await PostgresAppointments(self.tx).of_series(series_id)
