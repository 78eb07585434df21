"""Pages: valid and invalid cursors, and where a page ends."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import Page, PageRequest, cursor

ONE = UUID(int=1)


@given(st.uuids())
def test_id_cursor_round_trips(row_id: UUID) -> None:
    page = PageRequest(cursor(row_id))
    assert (page.after_id(), page.before_id()) == (row_id, row_id)


@given(st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 31), timezones=st.just(UTC)), st.uuids())  # noqa: DTZ001
def test_time_cursor_round_trips(at: datetime, row_id: UUID) -> None:
    assert PageRequest(cursor((at, row_id))).after_time() == (at, row_id)


@given(st.uuids())
def test_the_first_page_begins_before_every_row(row_id: UUID) -> None:
    page = PageRequest()
    assert (page.after_id(), page.after_time()) == (None, None)
    assert row_id <= page.before_id()


@given(st.text(min_size=1).filter(lambda text: len(text) < 32))
def test_malformed_cursor_is_rejected(text: str) -> None:
    page = PageRequest(text)
    for reading in (page.after_id, page.before_id, page.after_time):
        with pytest.raises(Invalid) as refused:
            reading()
        assert [(one.path, one.code) for one in refused.value.fields] == [("after", "cursor_invalid")]


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "3000-01-01T00:00:00+00:00", "2026-03-02T10:00:00", "soon"]
)
def test_forged_time_cursor_is_rejected(at: str) -> None:
    forged = urlsafe_b64encode(f"{at} {ONE.hex}".encode()).decode()
    with pytest.raises(Invalid):
        PageRequest(forged).after_time()


@pytest.mark.parametrize("size", [-1, 0, 101])
def test_a_page_has_one_to_a_hundred_rows(size: int) -> None:
    with pytest.raises(Invalid) as refused:
        PageRequest(size=size)
    assert [(one.path, one.code) for one in refused.value.fields] == [("size", "out_of_range")]


@given(st.lists(st.uuids(), unique=True), st.integers(1, 100))
def test_consecutive_pages_cover_all_rows(rows: list[UUID], size: int) -> None:
    rows.sort(reverse=True)
    seen, after = list[str](), ""
    while True:
        page = PageRequest(after, size)
        result = page.paginate([row for row in rows if row < page.before_id()], lambda row: row)
        seen += result.map(str).items
        if not (after := result.next):
            break
    assert seen == [str(row) for row in rows]


def test_no_rows_make_a_page_without_cursor() -> None:
    assert PageRequest(size=1).paginate([], lambda row: row) == Page(())
