"""Series in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, insert, select

from adapters.postgres.appointments.appointments import PostgresAppointments
from adapters.postgres.appointments.tables import appointment_series as series
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry

_SERIES = entity(Series, series, first_start=(series.c.first_start,))
_here = series.c.practice_id == bindparam("practice_id")
ADD = statement("series.add", insert(series))
GET = statement("series.get", select(*_SERIES.columns).where(_here, series.c.id == bindparam("id")))
SAVE = statement(
    "series.save",
    update_version(series, "clinician_id", "location_id", "first_start", "time_zone", "weeks", "status"),
)


@define
class PostgresSeriesRepository(SeriesRepository):
    """Series. Row-level security restricts them to staff and jobs."""

    tx: Transaction

    async def add(self, series: Series, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_values(series))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, series_id: UUID) -> Series | None:
        row = await self.tx.fetchrow(GET, id=series_id)
        if row is None:
            return None
        return _SERIES.of(row, first_start=datetime.fromisoformat(row["first_start"]))

    async def save(self, series: Series, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_values(series))
        self.tx.add_audit_entry(audit_entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return await PostgresAppointments(self.tx).of_series(series_id)


def _values(one: Series) -> dict[str, Any]:
    return _SERIES.values(one, first_start=one.first_start.isoformat())
