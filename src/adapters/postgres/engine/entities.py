"""What connects an attrs class with a table: the columns to select, and the way from a row to the class and back.

    GOAL = entity(Goal, goals)  # its title is sealed
    ADD = statement("goals.add", insert(goals))
    GET = statement("goals.get", select(*GOAL.columns).where(*_own, goals.c.id == bindparam("id")))
    SAVE = statement("goals.save", update_version(goals, "completed_at"))

    goal = GOAL.of(row, title=await tx.unseal(row["client_id"], goals.c.title, row["id"], row["title"]))
    await tx.save(SAVE, **GOAL.values(goal))

The statements stay with the repository: what is read, under which conditions, and what an update may change.
"""

from typing import Any, Generic, TypeVar

import attrs
from attrs import AttrsInstance, frozen
from sqlalchemy import FromClause, Label, Table, Update, bindparam, update

T = TypeVar("T", bound=AttrsInstance)


@frozen
class Entity(Generic[T]):
    """An attrs class, and the columns of its fields under their labels.

    The caller builds the fields in `built`: those that are sealed, or differ from what is stored.
    """

    kind: type[T]
    columns: tuple[Label[Any], ...]
    labels: dict[str, str]
    built: frozenset[str]

    def of(self, row: Any, **built: Any) -> T:
        """Build the entity from a row with `columns`, and the fields in `built`.

        Raises:
            TypeError: the given fields are not those in `built`.
        """
        if built.keys() != self.built:
            raise TypeError(f"{self.kind.__name__} is built with {sorted(self.built)}, not with {sorted(built)}")
        return self.kind(**{name: row[label] for name, label in self.labels.items()}, **built)

    def values(self, one: T, **stored: Any) -> dict[str, Any]:
        """Return parameters for statements: the fields of the entity, and what is stored for those in `built`.

        Without `practice_id`: that is the transaction's, whatever the entity says.
        """
        return {name: getattr(one, name) for name in self.labels if name != "practice_id"} | stored


def entity(kind: type[T], table: FromClause, prefix: str = "", /, **sources: Any) -> Entity[T]:
    """Connect an attrs class with a table, whose columns have the names of its fields.

    `sources` names the exceptions: a field and its column expression; or a field that the caller builds, and a tuple of
    the columns that it is made of. A field with a sealed column is always built. A column's label is its field's name,
    or its own if the field is built. Where a row holds several entities, `prefix` keeps their labels apart.

    Raises:
        TypeError: a field has no column, a source has no field, or two columns have one label.
    """
    names = [field.name for field in attrs.fields(kind) if field.init]
    if unknown := sources.keys() - set(names):
        raise TypeError(f"{kind.__name__} has no {sorted(unknown)}")
    columns, labels = list[Label[Any]](), dict[str, str]()
    for name in names:
        source: Any = sources.get(name, table.c.get(name))
        if source is None:
            raise TypeError(f"{kind.__name__}.{name} has no column in {table}")
        if isinstance(source, tuple):
            columns += [column.label(prefix + column.name) for column in source]
        else:
            columns.append(source.label(prefix + name))
            if not getattr(source, "info", {}).get("sealed"):
                labels[name] = prefix + name
    by_label = {column.name: column for column in columns}
    for column in columns:
        if by_label[column.name].element is not column.element:
            raise TypeError(f"{kind.__name__} has two columns labelled {column.name}")
    return Entity(kind, tuple(by_label.values()), labels, frozenset(names) - labels.keys())


def update_version(table: Table, *names: str) -> Update:
    """Build an update of a row to its next version, if the stored version is the one before.

    It sets the named columns, or all of them, and the version. The row is the one with the parameters' primary key.
    """
    changing = [
        column for column in table.c if (column.name in (*names, "version") if names else not column.primary_key)
    ]
    key = (column == bindparam(column.name) for column in table.primary_key)
    return (
        update(table)
        .where(*key, table.c.version == bindparam("version") - 1)
        .values({column.name: bindparam(column.name) for column in changing})
    )
