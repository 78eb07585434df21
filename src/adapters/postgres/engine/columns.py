"""Shared definitions of tables: the schema, the column types, and the owner of a table's rows.

A table declares whose rows it holds, and the migration applies the matching row-level security:

- `client_table`: rows of one client. Clients and proxies may access those of their record; staff and jobs all of the
  practice's.
- `account_table`: rows of one account. Its holder may access their own; visitors (to sign in), staff and jobs all of
  the practice's.
- `practice_table`: rows of one practice that do not concern a single client.
- `append_table`: rows of one practice that are added and never changed. Only staff and jobs may read them.
- `function_only_table`: rows that are read before the practice is known, accessible only through functions.

`narrow` takes commands from some of those who could otherwise use them. Which commands there are at all, and for which
columns, follows from the statements; see `rights.py`.
"""

from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID
from sqlalchemy.schema import SchemaItem

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
Reach = Literal["record", "visitor", "practice"]
"""`record`: a client or proxy; `visitor`: somebody who signs in; `practice`: staff and jobs."""
Command = Literal["select", "insert", "update", "delete"]
COMMANDS: Final[tuple[Command, ...]] = ("select", "insert", "update", "delete")
Instant = TIMESTAMP(timezone=True)
Uuid = UUID(as_uuid=True)
Uuids = ARRAY(Uuid)
Texts = ARRAY(Text)

_REACHES: Final[dict[RowScope, tuple[Reach, ...]]] = {
    "client": ("practice", "record"),
    "account": ("practice", "visitor", "record"),
    "practice": ("practice", "visitor", "record"),
    "append": ("practice", "visitor", "record"),
    "function_only": (),
}


def uuid(name: str, *, null: bool = False, key: bool = False) -> Column[Any]:
    return Column(name, Uuid, nullable=null, primary_key=key)


def instant(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=null)


def recorded_at(when: Literal["now()", "clock_timestamp()"]) -> Column[Any]:
    """When the row was added, by the database's clock: no statement sets it, so the application's role cannot."""
    return Column("recorded_at", Instant, nullable=True, server_default=text(when))


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
    """A column with text or bytes encrypted with the client's key (or the practice's).

    `label` is the original `table.column` name, for a column or table that was renamed.
    """
    return Column(name, LargeBinary, nullable=null, info={"sealed": True, "label": label})


def digest(name: str, *, null: bool = False) -> Column[Any]:
    """A column with the SHA-256 of a value that is not stored, of at least 128 random bits.

    A digest of anything that can be guessed, such as a code that people type, belongs in a `sealed` column.
    """
    return Column(name, LargeBinary, nullable=null)


def document(name: str, *, null: bool = False) -> Column[Any]:
    """A JSONB column, read and written as Python values."""
    return Column(name, JSONB, nullable=null)


def texts(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=null)


def uuids(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Uuid), nullable=null)


def instants(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ARRAY(Instant), nullable=null)


def practice_key(column: str, table: str, name: str) -> ForeignKeyConstraint:
    """A reference to a row of the same practice, by its id."""
    referred = [f"{SCHEMA}.{table}.practice_id", f"{SCHEMA}.{table}.id"]
    return ForeignKeyConstraint(["practice_id", column], referred, name=name)


def version() -> Column[Any]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


def client_table(name: str, *items: SchemaItem) -> Table:
    """A table of clients' rows, with `practice_id` and `client_id`."""
    return Table(name, metadata, uuid("practice_id"), uuid("client_id"), *items, info={"row_scope": "client"})


def account_table(name: str, *items: SchemaItem) -> Table:
    """A table of accounts' rows, with `practice_id` and `account_id`."""
    return Table(name, metadata, uuid("practice_id"), uuid("account_id"), *items, info={"row_scope": "account"})


def practice_table(name: str, *items: SchemaItem) -> Table:
    """A table of practices' rows, with `practice_id`."""
    return Table(name, metadata, uuid("practice_id"), *items, info={"row_scope": "practice"})


def append_table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """A table of practices' rows that are only added, with `practice_id`."""
    return Table(name, metadata, uuid("practice_id"), *items, info={"row_scope": "append"}, **options)


def function_only_table(name: str, *items: SchemaItem) -> Table:
    """A table that the application role can access through functions only."""
    return Table(name, metadata, *items, info={"row_scope": "function_only"})


def associated_data(column: Column[Any], *row: object) -> str:
    """Return the name of a field, `table.column/row`, to which its encrypted value is bound.

    Stored values are bound to this name, so a renamed column keeps its original name as `label`.

    Raises:
        ValueError: the column is not a sealed one.
    """
    if not column.info.get("sealed"):
        raise ValueError(f"{column} is not a sealed column")
    label = column.info["label"] or f"{column.table.name}.{column.name}"
    return f"{label}/{'/'.join(map(str, row))}"


def narrow(table: Table, *commands: Command, to: tuple[Reach, ...]) -> None:
    """Allow the commands (all of them, if none is named) only to those reaches."""
    table.info.setdefault("reaches", {}).update(dict.fromkeys(commands or COMMANDS, to))


def reaches(table: Table, command: Command) -> tuple[Reach, ...]:
    """Who may use the command on the table, as far as a statement needs it: on their own rows, or all of a practice."""
    row_scope: RowScope = table.info["row_scope"]
    declared: dict[Command, tuple[Reach, ...]] = table.info.get("reaches", {})
    return declared.get(command, _REACHES[row_scope])


def erase(table: Table, where: str = "", **values: str) -> None:
    """What is erased with a client: the rows `where` (those of the client, or of an account of theirs).

    They are deleted, or get these values (SQL expressions). `client` is the client's id, `account_ids` their accounts',
    `addresses` their email addresses, `instant` the time.
    """
    own = {"client": "client_id = client", "account": "account_id = ANY (account_ids)"}
    table.info["erased"] = (where or own[table.info["row_scope"]], values)


def retain(table: Table, column: str, period: timedelta = timedelta(0)) -> None:
    """Rows are deleted when `column` is longer ago than `period`. An index on practice and column finds them."""
    table.info["retention"] = (column, period)


def forget(table: Table, column: str, ended: str) -> None:
    """The column is emptied when `ended` is past. Adds the index that finds these rows."""
    table.info["forgotten"] = (column, ended)
    Index(
        f"{table.name}_{column}_idx",
        table.c.practice_id,
        table.c[ended],
        postgresql_where=text(f"{column} IS NOT NULL"),
    )
