"""Published availability in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, any_, bindparam, delete, func, select

from adapters.postgres.appointments.tables import availability_exceptions as exceptions
from adapters.postgres.appointments.tables import availability_rules as rules
from adapters.postgres.appointments.tables import locations
from adapters.postgres.engine.columns import Uuids, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import practices
from portal_core.appointments.ports import Availability
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.kernel.audit import AuditEntry


def _where(table: Any) -> Any:
    """The table joined with the practice, and with the location if there is one."""
    at = (locations.c.practice_id == table.c.practice_id) & (locations.c.id == table.c.location_id)
    return table.join(practices, practices.c.id == table.c.practice_id).outerjoin(locations, at)


# The current zone of the location, or of the practice without a location.
_ZONE = func.coalesce(locations.c.time_zone, practices.c.time_zone)
RULES = statement(
    "availability.rules",
    select(
        rules.c.id,
        rules.c.clinician_id,
        rules.c.weekday,
        rules.c.start_time,
        rules.c.end_time,
        _ZONE,
        rules.c.location_id,
        rules.c.appointment_type_ids,
        rules.c.valid_from,
        rules.c.valid_until,
    )
    .select_from(_where(rules))
    .where(
        rules.c.practice_id == bindparam("practice_id"),
        rules.c.clinician_id == any_(bindparam("clinicians", type_=Uuids)),
    ),
)
WITHDRAW_RULES = statement(
    "availability.withdraw_rules",
    delete(rules).where(
        rules.c.practice_id == bindparam("practice_id"), rules.c.clinician_id == bindparam("clinician_id")
    ),
)
ADD_RULE = statement("availability.add_rule", insert_all(rules))
EXCEPTIONS = statement(
    "availability.exceptions",
    select(
        exceptions.c.id,
        exceptions.c.clinician_id,
        exceptions.c.date,
        exceptions.c.available,
        _ZONE,
        exceptions.c.start_time,
        exceptions.c.end_time,
        exceptions.c.location_id,
    )
    .select_from(_where(exceptions))
    .where(
        exceptions.c.practice_id == bindparam("practice_id"),
        exceptions.c.clinician_id == any_(bindparam("clinicians", type_=Uuids)),
        exceptions.c.date >= bindparam("first_day", type_=Date()),
        exceptions.c.date <= bindparam("last_day", type_=Date()),
    ),
)
ADD_EXCEPTION = statement("availability.add_exception", insert_all(exceptions))
REMOVE_EXCEPTION = statement(
    "availability.remove_exception",
    delete(exceptions).where(
        exceptions.c.practice_id == bindparam("practice_id"),
        exceptions.c.clinician_id == bindparam("clinician_id"),
        exceptions.c.id == bindparam("id"),
    ),
)


def _rule(row: Any) -> AvailabilityRule:
    return AvailabilityRule(
        id=row[0],
        clinician_id=row[1],
        weekday=row[2],
        start_time=row[3],
        end_time=row[4],
        time_zone=row[5],
        location_id=row[6],
        appointment_type_ids=frozenset(row[7]),
        valid_from=row[8],
        valid_until=row[9],
    )


def _exception(row: Any) -> AvailabilityException:
    return AvailabilityException(
        id=row[0],
        clinician_id=row[1],
        date=row[2],
        available=row[3],
        time_zone=row[4],
        start_time=row[5],
        end_time=row[6],
        location_id=row[7],
    )


@define
class PostgresAvailability(Availability):
    """Weekly rules and exceptions; only staff and jobs write them."""

    tx: Transaction

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]:
        return [_rule(row) for row in await self.tx.fetch(RULES, clinicians=list(clinicians))]

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        rows = await self.tx.fetch(EXCEPTIONS, clinicians=list(clinicians), first_day=first_day, last_day=last_day)
        return [_exception(row) for row in rows]

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audit_entry: AuditEntry) -> None:
        await self.tx.execute(WITHDRAW_RULES, clinician_id=clinician_id)
        for one in rules:
            await self.tx.execute(
                ADD_RULE,
                id=one.id,
                clinician_id=one.clinician_id,
                weekday=one.weekday,
                start_time=one.start_time,
                end_time=one.end_time,
                location_id=one.location_id,
                appointment_type_ids=sorted(one.appointment_type_ids),
                valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
        self.tx.add_audit_entry(audit_entry)

    async def add_exception(self, exception: AvailabilityException, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD_EXCEPTION,
            id=exception.id,
            clinician_id=exception.clinician_id,
            date=exception.date,
            available=exception.available,
            start_time=exception.start_time,
            end_time=exception.end_time,
            location_id=exception.location_id,
        )
        self.tx.add_audit_entry(audit_entry)

    async def remove_exception(self, clinician_id: UUID, exception_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.tx.execute(REMOVE_EXCEPTION, clinician_id=clinician_id, id=exception_id) == 0:
            return False
        self.tx.add_audit_entry(audit_entry)
        return True
