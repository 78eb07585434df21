"""Published availability in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from attrs import define
from sqlalchemy import Date, any_, bindparam, delete, insert, or_, select

from adapters.postgres.appointments.tables import availability_exceptions as exceptions
from adapters.postgres.appointments.tables import availability_rules as rules
from adapters.postgres.appointments.zones import CURRENT_ZONE, with_zone
from adapters.postgres.engine.columns import Uuid, Uuids
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.calendar_ports import Availability
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.kernel.audit import AuditEntry

_RULE = entity(AvailabilityRule, rules, time_zone=CURRENT_ZONE)
_EXCEPTION = entity(AvailabilityException, exceptions, time_zone=CURRENT_ZONE)
RULES = statement(
    "availability.rules",
    select(*_RULE.columns)
    .select_from(with_zone(rules))
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
ADD_RULE = statement("availability.add_rule", insert(rules))
EXCEPTIONS = statement(
    "availability.exceptions",
    select(*_EXCEPTION.columns)
    .select_from(with_zone(exceptions))
    .where(
        exceptions.c.practice_id == bindparam("practice_id"),
        or_(
            exceptions.c.clinician_id == any_(bindparam("clinicians", type_=Uuids)),
            exceptions.c.clinician_id.is_(None),
        ),
        exceptions.c.date >= bindparam("first_day", type_=Date()),
        exceptions.c.date <= bindparam("last_day", type_=Date()),
    ),
)
ADD_EXCEPTION = statement("availability.add_exception", insert(exceptions))
REMOVE_EXCEPTION = statement(
    "availability.remove_exception",
    delete(exceptions).where(
        exceptions.c.practice_id == bindparam("practice_id"),
        exceptions.c.clinician_id.is_not_distinct_from(bindparam("clinician_id", type_=Uuid)),
        exceptions.c.id == bindparam("id"),
    ),
)


@define
class PostgresAvailability(Availability):
    """Weekly rules and exceptions; only staff and jobs write them."""

    tx: Transaction

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]:
        return [_RULE.of(row) for row in await self.tx.fetch(RULES, clinicians=list(clinicians))]

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        rows = await self.tx.fetch(EXCEPTIONS, clinicians=list(clinicians), first_day=first_day, last_day=last_day)
        return [_EXCEPTION.of(row) for row in rows]

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audit_entry: AuditEntry) -> None:
        await self.tx.execute(WITHDRAW_RULES, clinician_id=clinician_id)
        for one in rules:
            values = _RULE.values(one, appointment_type_ids=sorted(one.appointment_type_ids))
            await self.tx.execute(ADD_RULE, **values)
        self.tx.add_audit_entry(audit_entry)

    async def add_exception(self, exception: AvailabilityException, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_EXCEPTION, **_EXCEPTION.values(exception))
        self.tx.add_audit_entry(audit_entry)

    async def remove_exception(self, clinician_id: UUID | None, exception_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.tx.execute(REMOVE_EXCEPTION, clinician_id=clinician_id, id=exception_id) == 0:
            return False
        self.tx.add_audit_entry(audit_entry)
        return True
