"""Sample rows for every table, generated from the table definitions and written by the owner, who bypasses row-level
security.

Foreign keys are not checked while filling; CHECK and unique constraints are. A practice's rows refer to one another by
column name: `clinician_id` is one of the practice's clinicians, and so on.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from attrs import define, field
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import CheckConstraint, Column, Table
from sqlalchemy import types as kinds
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.engine.metadata import metadata

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
_ONE_OF = re.compile(r"^(\w+) IN \((.*)\)$")
# Where one column decides over others, or where null would say that the row is nobody's.
FIXED_VALUES: dict[str, dict[str, Any]] = {
    "accounts": {"kind": "client", "side": "portal", "status": "active", "staff_id": None},
    "availability_exceptions": {"start_time": None, "end_time": None},
    "calendar": {"purpose": "appointment", "expires_at": None},
    "email_changes": {"state": "open"},
    "grants": {"until": date(2028, 1, 1)},
    "invitations": {"kind": "client", "staff_id": None},
    "record_erasures": {"state": "open"},
    "notification_settings": {"sms_phone": None, "sms_consent_at": None},
}
REFERENCES = {
    "clinician_id": "clinicians",
    "client_id": "clients",
    "account_id": "accounts",
    "staff_id": "staff",
    "appointment_type_id": "appointment_types",
    "location_id": "locations",
    "appointment_id": "appointments",
    "entry_id": "waitlist_entries",
    "freed_slot_id": "freed_slots",
    "document_id": "documents",
    "file_id": "files",
    "record": "clients",
    "to_client": "clients",
}
ROW_LIMITS = {
    "practices": 1,
    "practice_hosts": 1,
    "practice_keys": 1,
    "account_settings": 1,
    "oidc_settings": 1,
    "appointment_settings": 1,
    "branding_settings": 1,
    "locations": 3,
    "appointment_types": 5,
    "clinicians": 8,
    "staff": 12,
    "availability_rules": 40,
}
"""What a practice has few of, whatever its size."""
_BY_CLIENT = {
    "accounts",
    "care_team",
    "client_keys",
    "clients",
    "feed_tokens",
    "grants",
    "identities",
    "legal_holds",
    "notification_settings",
    "record_erasures",
    "safe_email_verifications",
    "second_factors",
}
"""One for each client."""
_FIRST = (
    "practices",
    "clinicians",
    "staff",
    "appointment_types",
    "locations",
    "clients",
    "accounts",
    "appointments",
    "documents",
    "files",
)


def tables() -> list[Table]:
    """All, those that others refer to first."""
    named = {table.name: table for table in metadata.tables.values()}
    rest = [name for name in sorted(named) if name not in _FIRST]
    return [named[name] for name in (*_FIRST, *rest)]


def reach(table: Table) -> str:
    return str(table.info["row_scope"])


@define
class SamplePractice:
    """The ids of a practice's rows, by table."""

    id: UUID
    ids: dict[str, list[UUID]] = field(factory=dict)

    @property
    def clients(self) -> list[UUID]:
        return self.ids["clients"]

    @property
    def accounts(self) -> list[UUID]:
        """Those of the clients, in the same order."""
        return self.ids["accounts"]


def insert_practice(owner: psycopg.Connection[Any], *, clients: int, rows: int) -> SamplePractice:
    """A new practice with `rows` rows in each table, or as many as there are clients, or few."""
    practice = SamplePractice(uuid4())
    owner.execute("SET session_replication_role = replica")
    for table in tables():
        count = ROW_LIMITS.get(table.name, clients if table.name in _BY_CLIENT else rows)
        made = [row(table, practice, number) for number in range(count)]
        if "id" in table.c:
            practice.ids[table.name] = [one["id"] for one in made]
        _copy(owner, table, made)
    owner.execute("SET session_replication_role = origin")
    return practice


def row(table: Table, practice: SamplePractice, number: int, **given: Any) -> dict[str, Any]:
    """A row of the practice; its references walk around the practice's ids, so that they meet in all ways."""
    given = {**FIXED_VALUES.get(table.name, {}), **given}
    allowed = _allowed(table)
    values: dict[str, Any] = {}
    for column in table.c:
        if column.name == "recorded_at" and column.name not in given:
            continue  # which the database sets
        if column.name in given:
            values[column.name] = given[column.name]
        elif column.name == "practice_id":
            values[column.name] = practice.id
        elif pool := _referred_to(column, practice):
            values[column.name] = pool[number % len(pool)]
        elif column.nullable:
            values[column.name] = None
        elif column.name in allowed:
            values[column.name] = allowed[column.name][number % len(allowed[column.name])]
        else:
            values[column.name] = _value(column, number)
    if table.name == "practices":
        values["id"] = practice.id
    if table.name == "attendances" and values["status"] == "cancelled":
        clinicians = practice.ids["clinicians"]
        left = {"left_ends_at": values["starts_at"] + timedelta(minutes=50), "left_time_zone": "America/New_York"}
        values |= {**left, "left_clinician_id": clinicians[number % len(clinicians)]}
    if table.name == "files" and values["state"] in ("quarantined", "clean"):
        check_at = START + timedelta(minutes=number) if values["state"] == "quarantined" else None
        values |= {"object_id": uuid4(), "content_key": b"sealed", "size": 1, "check_at": check_at}
    if table.name == "amendment_requests" and values["state"] == "denied":
        values["denial_basis"] = "accurate_and_complete"
    return values


def _referred_to(column: Column[Any], practice: SamplePractice) -> list[UUID]:
    """The ids of which the column has one, as far as there are any yet."""
    named = REFERENCES.get(column.name, "") if isinstance(column.type, kinds.Uuid) else ""
    return practice.ids.get(named, [])


def _allowed(table: Table) -> dict[str, list[str]]:
    """The texts that a CHECK lets a column have."""
    checks = (str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))
    matches = (_ONE_OF.match(check) for check in checks)
    return {one[1]: re.findall(r"'(\w+)'", one[2]) for one in matches if one is not None}


def _value(column: Column[Any], number: int) -> Any:
    """Something of the column's type; in order of `number` where it has an order."""
    match column.type:
        case kinds.Uuid():
            return uuid4()
        case kinds.DateTime():
            # An hour for each, so that no two of a clinician's meet.
            return START + timedelta(hours=number, minutes=50 if column.name == "ends_at" else 0)
        case kinds.Date():
            return date(2026, 3, 2) + timedelta(days=number % 365 + (400 if column.name == "latest_date" else 0))
        case kinds.Time():
            return time(9 if column.name in ("start_time", "from_time") else 17)
        case kinds.Boolean():
            return True
        case kinds.Integer():
            return 1
        case kinds.LargeBinary():
            return uuid4().bytes * 2
        case ARRAY():
            return []
        case JSONB():
            return Jsonb({})
        case kinds.String():
            return f"{column.name} {uuid4().hex}"
    raise AssertionError(f"no value for {column!r}")


def insert_statement(table: Table, values: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    """An INSERT of one row."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier("portal", table.name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
    return statement, list(values.values())


def _copy(owner: psycopg.Connection[Any], table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("portal", table.name), sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    )
    with owner.cursor() as cursor, cursor.copy(statement) as copy:
        for one in rows:
            copy.write_row(list(one.values()))
