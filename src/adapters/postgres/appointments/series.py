"""Series in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, column, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.appointments.appointments import PostgresAppointments
from adapters.postgres.appointments.tables import appointment_series as series
from adapters.postgres.engine.columns import Uuids
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion

_SERIES = entity(Series, series, first_start=(series.c.first_start,))
_here = series.c.practice_id == bindparam("practice_id")
ADD = statement("series.add", insert(series))
GET = statement("series.get", select(*_SERIES.columns).where(_here, series.c.id == bindparam("id")))
SAVE = statement(
    "series.save",
    update_version(series, "clinician_id", "location_id", "first_start", "time_zone", "weeks", "status"),
)
_active = select(*_SERIES.columns).where(_here, series.c.status == "active").order_by(series.c.id)
ACTIVE_AT_LOCATION = statement(
    "series.active_at_location", _active.where(series.c.location_id == bindparam("location_id"))
)
ACTIVE_ONLINE = statement("series.active_online", _active.where(series.c.location_id.is_(None)))
ACTIVE_WITH = statement("series.active_with", _active.where(series.c.clinician_id == bindparam("clinician_id")))
_CHANGED_BY_SAVE_ALL = ("first_start", "time_zone", "version")
_new = (
    func.jsonb_to_recordset(bindparam("rows", type_=JSONB))
    .table_valued(*(column(name, series.c[name].type) for name in ("id", *_CHANGED_BY_SAVE_ALL)))
    .render_derived(name="new", with_types=True)
)
SAVE_ALL = statement(
    "series.save_all",
    update(series)
    .where(
        _here,
        # The planner does not know how many rows are new, but knows how many ids there are.
        series.c.id == any_(bindparam("ids", type_=Uuids)),
        series.c.id == _new.c.id,
        series.c.version == _new.c.version - literal_column("1"),
    )
    .values({name: _new.c[name] for name in _CHANGED_BY_SAVE_ALL}),
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
        return None if row is None else _series(row)

    async def save(self, series: Series, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_values(series))
        self.tx.add_audit_entry(audit_entry)

    async def active_at(self, location_id: UUID | None) -> list[Series]:
        if location_id is None:
            return [_series(row) for row in await self.tx.fetch(ACTIVE_ONLINE)]
        return [_series(row) for row in await self.tx.fetch(ACTIVE_AT_LOCATION, location_id=location_id)]

    async def active_with(self, clinician_id: UUID) -> list[Series]:
        return [_series(row) for row in await self.tx.fetch(ACTIVE_WITH, clinician_id=clinician_id)]

    async def save_all(self, series: Sequence[Series], *audit_entries: AuditEntry) -> None:
        rows = [{name: _values(one)[name] for name in ("id", *_CHANGED_BY_SAVE_ALL)} for one in series]
        if await self.tx.execute(SAVE_ALL, rows=rows, ids=[one.id for one in series]) != len(rows):
            raise StaleVersion
        for entry in audit_entries:
            self.tx.add_audit_entry(entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return await PostgresAppointments(self.tx).of_series(series_id)


def _series(row: Any) -> Series:
    return _SERIES.of(row, first_start=datetime.fromisoformat(row["first_start"]))


def _values(one: Series) -> dict[str, Any]:
    return _SERIES.values(one, first_start=one.first_start.isoformat())
