"""The calendar and blocks in PostgreSQL.

Writers to a clinician's calendar first take an advisory lock on the clinician, all in the same order: with the
exclusion constraint alone, 64 clients booking one slot caused 82 deadlocks in 384 attempts. The constraint makes the
final decision.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import (
    BigInteger,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.appointments.tables import MAX_APPOINTMENT_DURATION, calendar, freed_slots, holds
from adapters.postgres.appointments.tables import waitlist_offers as offers
from adapters.postgres.engine.columns import Instant, Uuid, Uuids
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.calendar_ports import Blocks, Calendar
from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.model import CalendarEntry
from portal_core.kernel.audit import AuditEntry

CONSTRAINT_ERRORS["calendar_one_at_a_time"] = SlotTaken

_ENTRY = entity(
    CalendarEntry,
    calendar,
    buffer_before=(calendar.c.buffer_before_seconds,),
    buffer_after=(calendar.c.buffer_after_seconds,),
)
_here = calendar.c.practice_id == bindparam("practice_id")
_clinicians = calendar.c.clinician_id == any_(bindparam("clinicians", type_=Uuids))
_since, _until = bindparam("since", type_=Instant), bindparam("until", type_=Instant)
# Other entries end within a day of their start, so the index range is bounded; blocks may be long, but are few.
BUSY = statement(
    "calendar.busy",
    union_all(
        select(*_ENTRY.columns).where(
            _here,
            _clinicians,
            calendar.c.purpose != "block",
            calendar.c.ends_at > _since,
            calendar.c.ends_at <= bindparam("day_after", type_=Instant),
            calendar.c.starts_at < _until,
            or_(calendar.c.expires_at.is_(None), calendar.c.expires_at > bindparam("now", type_=Instant)),
        ),
        select(*_ENTRY.columns).where(
            _here,
            _clinicians,
            calendar.c.purpose == "block",
            calendar.c.ends_at > _since,
            calendar.c.starts_at < _until,
        ),
    ).order_by("starts_at", "id"),
)
OCCUPY = statement("calendar.occupy", insert(calendar))
CHANGE = statement(
    "calendar.change",
    update(calendar)
    .where(_here, calendar.c.id == bindparam("id"))
    .values({column.name: bindparam(column.name) for column in calendar.c if not column.primary_key}),
)
_new = (
    func.jsonb_to_recordset(bindparam("entries", type_=JSONB))
    .table_valued(*(column(one.name, one.type) for one in calendar.c if one.name != "practice_id"))
    .render_derived(name="new", with_types=True)
)
# No entry is in the way of another while all of them are blocks, which may overlap.
MAKE_WAY = statement(
    "calendar.make_way",
    update(calendar)
    .where(_here, calendar.c.id == any_(bindparam("ids", type_=Uuids)))
    .values(purpose=literal_column("'block'"), expires_at=null()),
)
CHANGE_ALL = statement(
    "calendar.change_all",
    update(calendar)
    .where(_here, calendar.c.id == any_(bindparam("ids", type_=Uuids)), calendar.c.id == _new.c.id)
    .values({name: one for name, one in _new.c.items() if name != "id"}),
)
FREE = statement("calendar.free", delete(calendar).where(_here, calendar.c.id == bindparam("id")))
UNBLOCK = statement(
    "calendar.unblock",
    delete(calendar).where(_here, calendar.c.id == bindparam("id"), calendar.c.purpose == "block"),
)
BLOCK = statement(
    "calendar.block",
    select(*_ENTRY.columns).where(_here, calendar.c.id == bindparam("id"), calendar.c.purpose == "block"),
)

_locks = select(
    func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger))).column_valued("key"))
).cte("locks")
# Takes the locks one by one, in the array's order, and then deletes: the condition on `locks` is evaluated first. The
# rows are those of before it waited, which is enough: what was held since then has not expired.
LOCK = statement(
    "calendar.lock",
    delete(calendar).where(
        select(func.count()).select_from(_locks).scalar_subquery().is_not(None),
        _here,
        _clinicians,
        calendar.c.purpose == "hold",
        calendar.c.expires_at <= bindparam("now", type_=Instant),
    ),
)
_clinician = bindparam("clinician_id", type_=Uuid)
RELEASE_ENTRIES = statement(
    "calendar.release_entries",
    delete(calendar).where(_here, calendar.c.clinician_id == _clinician, calendar.c.purpose == "hold"),
)
_ALL_CLIENTS = "a clinician's time is released for all clients when they leave; only staff and jobs do so"
RELEASE_HOLDS = statement(
    "calendar.release_holds",
    delete(holds).where(holds.c.practice_id == bindparam("practice_id"), holds.c.clinician_id == _clinician),
    scope_exemption=_ALL_CLIENTS,
)
EXPIRE_OFFERS = statement(
    "calendar.expire_offers",
    update(offers)
    .where(
        offers.c.practice_id == bindparam("practice_id"),
        offers.c.clinician_id == _clinician,
        offers.c.status == "open",
    )
    .values(status=literal_column("'expired'"), version=offers.c.version + literal_column("1")),
    scope_exemption=_ALL_CLIENTS,
)
REMOVE_FREED_SLOTS = statement(
    "calendar.remove_freed_slots",
    delete(freed_slots).where(
        freed_slots.c.practice_id == bindparam("practice_id"), freed_slots.c.clinician_id == _clinician
    ),
)


def _entry(row: Any) -> CalendarEntry:
    return _ENTRY.of(
        row,
        buffer_before=timedelta(seconds=row["buffer_before_seconds"]),
        buffer_after=timedelta(seconds=row["buffer_after_seconds"]),
    )


def _values(entry: CalendarEntry) -> dict[str, Any]:
    return _ENTRY.values(
        entry,
        buffer_before_seconds=int(entry.buffer_before.total_seconds()),
        buffer_after_seconds=int(entry.buffer_after.total_seconds()),
    )


def _lock_key(one: UUID) -> int:
    """The id folded to 64 bits, signed. Two ids with the same key only wait for each other."""
    return ((one.int >> 64) ^ (one.int & (2**64 - 1))) - 2**63


@define
class PostgresCalendar(Calendar):
    """The calendar. Locks are released at the end of the transaction."""

    tx: Transaction

    async def lock(self, clinicians: Iterable[UUID], now: datetime, *, clients: Iterable[UUID] = ()) -> None:
        wanted = list(clinicians)
        keys = sorted({_lock_key(one) for one in (*wanted, *clients)})
        await self.tx.execute(LOCK, keys=keys, clinicians=wanted, now=now)

    async def busy(
        self, clinicians: Collection[UUID], since: datetime, until: datetime, now: datetime
    ) -> list[CalendarEntry]:
        rows = await self.tx.fetch(
            BUSY,
            clinicians=list(clinicians),
            since=since,
            until=until,
            day_after=until + MAX_APPOINTMENT_DURATION,
            now=now,
        )
        return [_entry(row) for row in rows]

    async def occupy(self, entry: CalendarEntry) -> None:
        await self.tx.execute(OCCUPY, **_values(entry))

    async def change(self, entry: CalendarEntry) -> None:
        if await self.tx.execute(CHANGE, **_values(entry)) == 0:
            raise SlotTaken

    async def change_all(self, entries: Sequence[CalendarEntry]) -> None:
        ids = [one.id for one in entries]
        if await self.tx.execute(MAKE_WAY, ids=ids) != len(entries):
            raise SlotTaken
        await self.tx.execute(CHANGE_ALL, ids=ids, entries=[_values(one) for one in entries])

    async def free(self, entry_id: UUID) -> None:
        await self.tx.execute(FREE, id=entry_id)

    async def release_reservations(self, clinician_id: UUID, audit_entry: AuditEntry) -> None:
        for one in (RELEASE_ENTRIES, RELEASE_HOLDS, EXPIRE_OFFERS, REMOVE_FREED_SLOTS):
            self.tx.write_later(one, clinician_id=clinician_id)
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresBlocks(Blocks):
    """Calendar entries with the purpose `block`."""

    tx: Transaction

    async def get(self, entry_id: UUID) -> CalendarEntry | None:
        row = await self.tx.fetchrow(BLOCK, id=entry_id)
        return None if row is None else _entry(row)

    async def add(self, block: CalendarEntry, audit_entry: AuditEntry) -> None:
        await self.tx.execute(OCCUPY, **_values(block))
        self.tx.add_audit_entry(audit_entry)

    async def remove(self, entry_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.tx.execute(UNBLOCK, id=entry_id) == 0:
            return False
        self.tx.add_audit_entry(audit_entry)
        return True
