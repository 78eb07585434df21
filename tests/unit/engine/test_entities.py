"""Entities and their columns: what is declared once at import is read and written the same way by every statement."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import field, frozen
from sqlalchemy import MetaData, PrimaryKeyConstraint, Table, func, select

from adapters.postgres.engine.columns import number, sealed, string, uuid, version
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import compile_statement
from tests.support.engine.statements import DIALECT, all_statements

visits = Table(
    "visits",
    MetaData(),
    uuid("practice_id"),
    uuid("id"),
    string("place"),
    number("minutes"),
    sealed("note"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
)
places = Table("places", MetaData(), string("place"), string("name"))


@frozen
class Visit:
    practice_id: int
    id: int
    place: str
    length: timedelta
    note: str | None = None
    version: int = 1
    seen: bool = field(init=False, default=False)


@frozen(kw_only=True)
class VisitView:
    id: int
    place_name: str
    remote: bool


VISIT = entity(Visit, visits, length=(visits.c.minutes,))
VISIT_VIEW = entity(VisitView, visits, "visit_", place_name=func.upper(places.c.name), remote=())
ROW = {"practice_id": 1, "id": 2, "place": "Elm Street", "minutes": 50, "note": b"sealed", "version": 3}
ONE = Visit(1, 2, "Elm Street", timedelta(minutes=50), "plain", 3)


def built() -> Visit:
    return VISIT.of(ROW, length=timedelta(minutes=ROW["minutes"]), note="plain")  # type: ignore[arg-type]


def test_fields_come_from_the_columns_of_their_name_and_from_the_caller() -> None:
    assert built() == ONE
    assert [column.name for column in VISIT.columns] == ["practice_id", "id", "place", "minutes", "note", "version"]


def test_a_row_may_have_more_columns() -> None:
    assert VISIT.of(ROW | {"visit_id": 7, "name": "Elm"}, length=ONE.length, note="plain") == ONE


@pytest.mark.parametrize("given", [{}, {"length": ONE.length}, {"note": ""}, {"length": 1, "note": "", "place": "x"}])
def test_a_field_that_the_caller_builds_is_neither_forgotten_nor_added(given: dict[str, Any]) -> None:
    """`note` has a default, which would stand for what is stored without any error."""
    with pytest.raises(TypeError, match=r"Visit is built with \['length', 'note'\]"):
        VISIT.of(ROW, **given)


def test_values_are_what_is_stored_and_leave_the_practice_to_the_transaction() -> None:
    assert VISIT.values(ONE) == {"id": 2, "place": "Elm Street", "version": 3}
    assert VISIT.values(ONE, minutes=50, note=b"sealed") == {
        "id": 2,
        "place": "Elm Street",
        "version": 3,
        "minutes": 50,
        "note": b"sealed",
    }


def test_columns_of_a_join_are_labelled_with_prefix_and_field() -> None:
    sql = str(select(*VISIT_VIEW.columns).select_from(visits.join(places, visits.c.place == places.c.place)))
    assert sql.startswith("SELECT visits.id AS visit_id, upper(places.name) AS visit_place_name \nFROM visits")
    row = {"id": 9, "visit_id": 2, "visit_place_name": "ELM"}
    assert VISIT_VIEW.of(row, remote=False) == VisitView(id=2, place_name="ELM", remote=False)


def test_a_field_without_a_column_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match=r"Visit\.length has no column in visits"):
        entity(Visit, visits)


def test_a_column_for_no_field_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match=r"Visit has no \['lenght'\]"):
        entity(Visit, visits, lenght=(visits.c.minutes,))


def test_two_columns_with_one_label_are_refused_at_import() -> None:
    with pytest.raises(TypeError, match="Visit has two columns labelled place"):
        entity(Visit, visits, length=(places.c.place,))


def test_next_version_replaces_the_one_before() -> None:
    update = compile_statement("made", update_version(visits, "place"))
    assert update.sql == (
        "UPDATE visits SET place=$1::VARCHAR, version=$2::INTEGER"
        " WHERE visits.practice_id = $3::UUID AND visits.id = $4::UUID AND visits.version = $2 - 1::INTEGER"
    )
    assert update.names == ("place", "version", "practice_id", "id")


def test_next_version_changes_all_columns_but_the_key_unless_some_are_named() -> None:
    assert compile_statement("made", update_version(visits)).names == (
        "place",
        "minutes",
        "note",
        "version",
        "practice_id",
        "id",
    )


@pytest.mark.parametrize("name", sorted(all_statements()))
def test_no_statement_returns_two_columns_of_one_name(name: str) -> None:
    """Rows are read by name."""
    compiled: Any = all_statements()[name].source.compile(dialect=DIALECT)  # type: ignore[attr-defined]
    names = [column.keyname for column in compiled._result_columns]
    assert len(names) == len(set(names))
