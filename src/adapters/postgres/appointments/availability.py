"""What clinicians publish, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, any_, bindparam, delete, func, select

from adapters.postgres.appointments.tables import availability_exceptions as exceptions
from adapters.postgres.appointments.tables import availability_rules as rules
from adapters.postgres.appointments.tables import places
from adapters.postgres.engine.columns import Uuids, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import practices
from portal_core.appointments.ports import Availability
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.kernel.audit import Audited


def _where(table: Any) -> Any:
    """The table with the practice, and the place where there is one."""
    at = (places.c.practice_id == table.c.practice_id) & (places.c.id == table.c.place_id)
    return table.join(practices, practices.c.id == table.c.practice_id).outerjoin(places, at)


# The place's as it is now, the practice's where there is none.
_ZONE = func.coalesce(places.c.zone, practices.c.zone)
RULES = statement(
    "availability.rules",
    select(
        rules.c.id,
        rules.c.clinician_id,
        rules.c.weekday,
        rules.c.starts,
        rules.c.ends,
        _ZONE,
        rules.c.place_id,
        rules.c.kind_ids,
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
        exceptions.c.opens,
        _ZONE,
        exceptions.c.starts,
        exceptions.c.ends,
        exceptions.c.place_id,
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
        starts=row[3],
        ends=row[4],
        zone=row[5],
        place_id=row[6],
        kind_ids=frozenset(row[7]),
        valid_from=row[8],
        valid_until=row[9],
    )


def _exception(row: Any) -> AvailabilityException:
    return AvailabilityException(
        id=row[0],
        clinician_id=row[1],
        date=row[2],
        opens=row[3],
        zone=row[4],
        starts=row[5],
        ends=row[6],
        place_id=row[7],
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

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audited: Audited) -> None:
        await self.tx.execute(WITHDRAW_RULES, clinician_id=clinician_id)
        for one in rules:
            await self.tx.execute(
                ADD_RULE,
                id=one.id,
                clinician_id=one.clinician_id,
                weekday=one.weekday,
                starts=one.starts,
                ends=one.ends,
                place_id=one.place_id,
                kind_ids=sorted(one.kind_ids),
                valid_from=one.valid_from,
                valid_until=one.valid_until,
            )
        self.tx.audited(audited)

    async def add_exception(self, exception: AvailabilityException, audited: Audited) -> None:
        await self.tx.execute(
            ADD_EXCEPTION,
            id=exception.id,
            clinician_id=exception.clinician_id,
            date=exception.date,
            opens=exception.opens,
            starts=exception.starts,
            ends=exception.ends,
            place_id=exception.place_id,
        )
        self.tx.audited(audited)

    async def remove_exception(self, clinician_id: UUID, exception_id: UUID, audited: Audited) -> bool:
        if await self.tx.execute(REMOVE_EXCEPTION, clinician_id=clinician_id, id=exception_id) == 0:
            return False
        self.tx.audited(audited)
        return True
