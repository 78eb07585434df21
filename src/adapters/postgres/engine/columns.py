"""What all tables share: the schema, the column types, and whom a table's rows belong to.

A table says whose rows it holds, and the migration gives it the row-level security that follows:

- `client_table`: rows of one client of one practice. A client or proxy reaches their own record's rows; staff and
  jobs the practice's.
- `account_table`: rows of one account. Its holder reaches their own, somebody signing in (a visitor) and staff and
  jobs the practice's.
- `practice_table`: rows of one practice that concern no single client.
- `append_table`: a practice's rows that are added and never changed; only staff and jobs read them.
- `function_only_table`: the few that are read before a practice is known, reached only through functions.
"""

from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
    bindparam,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.dml import Insert

SCHEMA = "portal"
metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    },
)

RowScope = Literal["client", "account", "practice", "append", "function_only"]
Instant = TIMESTAMP(timezone=True)
Uuid = UUID(as_uuid=True)
Uuids = ARRAY(Uuid)
Texts = ARRAY(Text)

PRACTICE_WIDE = "practice_id = {practice} AND {scope} = 'practice'"
"""Of staff and jobs alone."""
NOT_PORTAL_USERS = "practice_id = {practice} AND {scope} IN ('practice', 'visitor')"
"""Staff, jobs, and visitors: whoever signs in as staff is a visitor until then."""


def uuid(name: str, *, null: bool = False, key: bool = False) -> Column[Any]:
    return Column(name, Uuid, nullable=null, primary_key=key)


def instant(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=null)


def string(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=null)


def number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=null)


def bigint(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=null)


def flag(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Boolean, nullable=null)


def day(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Date, nullable=null)


def clock_time(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Time, nullable=null)


def sealed(name: str, *, null: bool = True, label: str = "") -> Column[Any]:
    """Text or bytes, encrypted with the client's key (or the practice's).

    `label` is the `table.column` that the first values were sealed under, for a column or table that was renamed.
    """
    return Column(name, LargeBinary, nullable=null, info={"sealed": True, "label": label})


def digest(name: str, *, null: bool = False) -> Column[Any]:
    """A SHA-256 of something that is not kept."""
    return Column(name, LargeBinary, nullable=null)


def document(name: str, *, null: bool = False) -> Column[Any]:
    """JSONB, read and written as Python values."""
    return Column(name, JSONB, nullable=null)


def texts(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=null)


def uuids(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Uuid), nullable=null)


def instants(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Instant), nullable=null)


def version() -> Column[Any]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


def client_table(name: str, *items: SchemaItem) -> Table:
    """Rows of one client; has `practice_id` and `client_id`."""
    return Table(name, metadata, uuid("practice_id"), uuid("client_id"), *items, info={"row_scope": "client"})


def account_table(name: str, *items: SchemaItem) -> Table:
    """Rows of one account; has `practice_id` and `account_id`."""
    return Table(name, metadata, uuid("practice_id"), uuid("account_id"), *items, info={"row_scope": "account"})


def practice_table(name: str, *items: SchemaItem) -> Table:
    """Rows of one practice; has `practice_id`."""
    return Table(name, metadata, uuid("practice_id"), *items, info={"row_scope": "practice"})


def append_table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """Rows of one practice that are only ever added; has `practice_id`."""
    return Table(name, metadata, uuid("practice_id"), *items, info={"row_scope": "append"}, **options)


def function_only_table(name: str, *items: SchemaItem) -> Table:
    """Rows that the application role reaches through functions only."""
    return Table(name, metadata, *items, info={"row_scope": "function_only"})


def associated_data(column: Column[Any], *row: object) -> str:
    """Where a sealed value belongs, `table.column/row`, which it is bound to: in any other place it does not open.

    Stored values were sealed under this name, so a renamed column keeps its first one as its `label`.

    Raises:
        ValueError: the column holds nothing sealed.
    """
    if not column.info.get("sealed"):
        raise ValueError(f"{column} holds nothing sealed")
    label = column.info["label"] or f"{column.table.name}.{column.name}"
    return f"{label}/{'/'.join(map(str, row))}"


def retain(table: Table, column: str, period: timedelta = timedelta(0)) -> None:
    """Rows are deleted when `column` is longer ago than `period`. An index on practice and column finds them."""
    table.info["retention"] = (column, period)


def insert_all(table: Table) -> Insert:
    """An insert that takes every column by its own name."""
    return insert(table).values({column.name: bindparam(column.name, type_=column.type) for column in table.c})
