"""Every statement is scoped, and uses only types that asyncpg handles natively."""

import re
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Enum,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, asyncpg
from sqlalchemy.types import NullType

from adapters.postgres.accounts.tables import sessions
from adapters.postgres.appointments.tables import appointments, attendances, calendar, holds
from adapters.postgres.engine.columns import Uuids
from adapters.postgres.engine.statements import Statement, compile_statement
from adapters.postgres.engine.tables import rate_limit_attempts
from adapters.postgres.people.tables import clients, practices
from tests.support.engine.statement_scoping import scope_violations
from tests.support.engine.statements import DIALECT, all_statements

REGISTRY = all_statements()
BEYOND_A_PRACTICE = {"practices.add": "the practice that it adds is nobody's yet"}
NATIVE = (
    postgresql.UUID,
    postgresql.TIMESTAMP,
    postgresql.BYTEA,
    asyncpg.AsyncpgString,
    asyncpg.AsyncpgInteger,
    asyncpg.AsyncpgBigInteger,
    asyncpg.AsyncpgBoolean,
    asyncpg.AsyncpgDate,
    asyncpg.AsyncpgDateTime,
    asyncpg.AsyncpgTime,
)
"""What asyncpg carries as Python values. JSONB too: the pool gives it a codec."""

everything = pytest.mark.parametrize("name", sorted(REGISTRY))
_here = holds.c.practice_id == bindparam("practice_id")
_mine = holds.c.client_id == bindparam("client_id")


def made(source: Any, scope_exemption: str = "") -> Statement:
    """A statement that is in no registry."""
    return Statement("made", "", (), source, scope_exemption)


def not_carried(type_: Any) -> bool:
    """Whether SQLAlchemy would have to translate values of the type, which nobody asks it to."""
    if isinstance(type_, ARRAY):
        return isinstance(type_.item_type, JSONB) or not_carried(type_.item_type)
    if isinstance(type_, JSONB | NullType):
        return False
    return isinstance(type_, TypeDecorator) or not isinstance(type_.dialect_impl(DIALECT), NATIVE)


def strange_types(source: Any) -> list[str]:
    """The types of parameters and results that asyncpg does not carry."""
    compile_statement = source.compile(dialect=DIALECT)
    types = [one.type for one in compile_statement.binds.values()] + [
        one.type for one in compile_statement._result_columns
    ]
    return [repr(one) for one in types if not_carried(one)]


@everything
def test_statement_is_scoped(name: str) -> None:
    missing = scope_violations(REGISTRY[name])
    assert bool(missing) == (name in BEYOND_A_PRACTICE), missing


@everything
def test_parameter_types_are_native(name: str) -> None:
    assert strange_types(REGISTRY[name].source) == []


@everything
def test_every_placeholder_has_a_parameter(name: str) -> None:
    """`in_()` would leave a placeholder that only SQLAlchemy's own engine fills in."""
    statement = REGISTRY[name]
    assert "POSTCOMPILE" not in statement.sql
    assert all(f"${number}" in statement.sql for number in range(1, len(statement.names) + 1))
    assert f"${len(statement.names) + 1}" not in statement.sql


@everything
def test_constants_are_inlined(name: str) -> None:
    """A constant gets a number from SQLAlchemy; one that is None would be asked for by every call."""
    assert [one for one in REGISTRY[name].names if re.search(r"_\d+$", one)] == []


def test_constants_are_quoted_and_parameters_renumbered() -> None:
    source = select(holds.c.id).where(clients.c.status == "it's", holds.c.id == bindparam("id"), _here)
    made = compile_statement("made", source)
    assert made.names == ("id", "practice_id")
    assert "= 'it''s'" in made.sql
    assert made.sql.endswith("portal.holds.id = $1::UUID AND portal.holds.practice_id = $2::UUID")
    assert made.arguments({"practice_id": 1, "id": 2, "more": 3}) == [2, 1]


@pytest.mark.parametrize(
    "source",
    [
        select(holds.c.id),
        select(holds.c.id).where(holds.c.id == bindparam("id")),
        select(holds.c.id).where(_here),
        select(holds.c.id).where(_mine),
        select(holds.c.id).where(_here, holds.c.client_id != bindparam("client_id")),
        select(holds.c.id).where(holds.c.practice_id == bindparam("client_id"), _mine),
        select(holds.c.id).where(or_(_here, holds.c.location_id.is_(None)), _mine),
        select(holds.c.id).where(_here, or_(_mine, holds.c.id == bindparam("id"))),
        select(holds.c.id).where(not_(and_(_here, _mine))),
        delete(holds).where(_here, holds.c.id == bindparam("id")),
        update(holds).where(_mine).values(expires_at=bindparam("at")),
        select(clients.c.date_of_birth).where(clients.c.practice_id == bindparam("practice_id")),
        select(practices.c.name).where(practices.c.slug == bindparam("slug")),
        select(sessions.c.id).where(sessions.c.account_id == bindparam("account_id")),
        select(calendar.c.id).where(calendar.c.clinician_id == bindparam("clinician_id")),
        insert(holds).values({"practice_id": bindparam("practice_id")}),
        insert(calendar).values({"id": bindparam("id")}),
        # The second table is named and not held, whatever the first is.
        select(holds.c.id, appointments.c.id).where(_here, _mine),
        select(holds.c.id).join(attendances, attendances.c.practice_id == holds.c.practice_id).where(_here, _mine),
        # An outer join holds its right side only.
        select(holds.c.id).outerjoin(calendar, (calendar.c.practice_id == holds.c.practice_id) & _here).where(_mine),
        # A subquery is looked into.
        select(holds.c.id).where(_here, _mine, exists().where(calendar.c.id == holds.c.calendar_entry_id)),
        # Two that are held by each other are held by nobody.
        select(calendar.c.id).join(appointments, appointments.c.practice_id == calendar.c.practice_id),
        # What only functions may reach.
        select(rate_limit_attempts.c.key),
        postgresql.insert(calendar)
        .values({"practice_id": bindparam("practice_id")})
        .on_conflict_do_update(index_elements=["id"], set_={"purpose": "hold"}),
    ],
)
def test_an_unscoped_statement_is_refused(source: Any) -> None:
    assert scope_violations(made(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        select(holds.c.id).where(_here, _mine),
        select(holds.c.id).where(and_(_here, and_(_mine, holds.c.id == bindparam("id")))),
        select(holds.c.id).where(_here, holds.c.client_id == any_(bindparam("client_ids", type_=Uuids))),
        select(clients.c.date_of_birth).where(
            clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("id")
        ),
        select(attendances.c.status)
        .select_from(holds)
        .join(
            attendances,
            (attendances.c.practice_id == holds.c.practice_id) & (attendances.c.client_id == holds.c.client_id),
        )
        .where(_here, _mine),
        select(holds.c.id).outerjoin(calendar, calendar.c.practice_id == holds.c.practice_id).where(_here, _mine),
    ],
)
def test_scoped_statement_is_accepted(source: Any) -> None:
    assert scope_violations(made(source)) == []


def test_exemption_allows_several_clients_but_not_several_practices() -> None:
    assert scope_violations(made(select(holds.c.id).where(_here), "a job clears holds")) == []
    assert scope_violations(made(select(holds.c.id).where(_mine), "no reason is good enough")) != []


class _UppercaseText(TypeDecorator[str]):
    impl = String
    cache_ok = True


@pytest.mark.parametrize(
    "type_", [Enum("a", "b", native_enum=False), Numeric(), _UppercaseText(), ARRAY(JSONB), ARRAY(Numeric())], ids=repr
)
def test_a_type_that_needs_translating_is_refused(type_: Any) -> None:
    table = Table("made", MetaData(), Column("thing", type_))
    assert strange_types(select(table.c.thing)) != []
    assert strange_types(delete(table).where(table.c.thing == bindparam("thing", type_=type_))) != []


def test_native_types_are_accepted() -> None:
    table = Table("made", MetaData(), Column("thing", LargeBinary), Column("things", ARRAY(String)), Column("j", JSONB))
    assert strange_types(select(table)) == []
