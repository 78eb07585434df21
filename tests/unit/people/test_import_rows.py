"""Rows of imports: what is rejected, with every error, and how dates are read."""

from datetime import date

import pytest
import pytest_asyncio
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from portal_core.people.import_cells import DateOrder
from portal_core.people.import_rows import ClientRow, ClinicianRow
from tests.support.contracts.people.world import TODAY
from tests.unit.people.import_setup import CLINICIANS, PLAIN, client_of, faults, run_import
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (evolve(PLAIN, external_id=" "), "external_id", "required"),
        (evolve(PLAIN, given_name=""), "given_name", "required"),
        (evolve(PLAIN, family_name=""), "family_name", "required"),
        (evolve(PLAIN, date_of_birth=""), "date_of_birth", "required"),
        (evolve(PLAIN, date_of_birth="(empty)"), "date_of_birth", "required"),
        (evolve(PLAIN, status="(empty)"), "status", "required"),
        (evolve(PLAIN, external_id="(Empty)"), "external_id", "required"),
        (evolve(PLAIN, date_of_birth="17.5.1990"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="1990-02-30"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="1890-02-01"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, date_of_birth="2026-03-03"), "date_of_birth", "date_invalid"),
        (evolve(PLAIN, email="ann at example"), "email", "email_invalid"),
        (evolve(PLAIN, phone="call me"), "phone", "phone_invalid"),
        (evolve(PLAIN, time_zone="EST5"), "time_zone", "time_zone_unknown"),
        (evolve(PLAIN, state="New York"), "state", "state_invalid"),
        (evolve(PLAIN, language="Spanish!"), "language", "language_invalid"),
        (evolve(PLAIN, status="gone"), "status", "unknown_value"),
        (evolve(PLAIN, coverage="medicaid"), "coverage", "unknown_value"),
        (evolve(PLAIN, emergency_contact_name="Grace"), "emergency_contact_phone", "phone_invalid"),
        (evolve(PLAIN, emergency_contact_phone="+12125550123"), "emergency_contact_name", "empty"),
        (evolve(PLAIN, clinicians="C-9"), "clinicians", "clinician_unknown"),
        (evolve(PLAIN, clinicians="C-1;" * 101), "clinicians", "too_many"),
        (evolve(PLAIN, external_id="E-9"), "external_id", "duplicate_id"),
        (evolve(PLAIN, given_name="A\x00nn"), "given_name", "characters_invalid"),
    ],
)
async def test_invalid_row_is_rejected_with_line_and_reason(
    use_cases: MemoryPeopleUseCases, row: ClientRow, field: str, code: str
) -> None:
    before, after = evolve(PLAIN, external_id="E-9"), evolve(PLAIN, external_id="E-8")
    report = await run_import(use_cases, before, evolve(row, line=17), after)
    assert report.added == 2
    assert faults(report) == [(17, field, code)]
    rejected = report.rows[1]
    assert rejected.errors[0].message
    assert "Ann" not in repr(rejected)
    assert await client_of(use_cases, "E-1") is None


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (ClinicianRow(5, "", "Dr. Grey"), "external_id", "required"),
        (ClinicianRow(5, "C-1", " "), "name", "required"),
        (ClinicianRow(5, "C-1", "Dr. Grey", active="maybe"), "active", "not_yes_or_no"),
        (ClinicianRow(5, "C-1", "Dr. Grey", time_zone="Moon"), "time_zone", "time_zone_unknown"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="javascript:alert(1)"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="http://rooms.example"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://a\u202eb"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://[::1/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x:99999/"), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", room_link="https://x/" + "a" * 2000), "room_link", "link_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", npi="1234567890"), "npi", "npi_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY 1; XX 012345"), "licenses", "state_invalid"),
        (ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY"), "licenses", "empty"),
        (ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY 1;" * 101), "licenses", "too_many"),
        (ClinicianRow(5, "C-2", "Dr. Owen"), "external_id", "duplicate_id"),
    ],
)
async def test_invalid_clinician_row_is_rejected(
    use_cases: MemoryPeopleUseCases, row: ClinicianRow, field: str, code: str
) -> None:
    report = await run_import(use_cases, clinicians=(CLINICIANS[1], row))
    assert faults(report) == [(5, field, code)]
    assert report.added == 1


CELLS = st.text(max_size=12) | st.sampled_from(["(empty)", "NY 1; X", "x;y", "1990-02-30"])


@given(st.fixed_dictionaries({one.name: CELLS for one in fields(ClientRow) if one.name not in ("line", "errors")}))
def test_any_client_is_parsed_or_rejected_at_a_column(texts: dict[str, str]) -> None:
    parsed = ClientRow(1, **texts).parse(TODAY)
    paths = {error.path for error in parsed.errors}
    assert paths <= texts.keys()
    assert parsed.values.keys().isdisjoint(paths)


@given(st.fixed_dictionaries({one.name: CELLS for one in fields(ClinicianRow) if one.name not in ("line", "errors")}))
def test_any_clinician_is_parsed_or_rejected_at_a_column(texts: dict[str, str]) -> None:
    parsed = ClinicianRow(1, **texts).parse()
    paths = {error.path for error in parsed.errors}
    assert paths <= texts.keys()
    assert parsed.values.keys().isdisjoint(paths)


def test_every_wrong_item_of_a_list_is_told_by_its_number() -> None:
    errors = ClinicianRow(5, "C-1", "Dr. Grey", licenses="NY 1; 012345; NJ").parse().errors
    assert [(error.path, error.code, error.message.partition(":")[0]) for error in errors] == [
        ("licenses", "state_invalid", "Number 2 in the list"),
        ("licenses", "empty", "Number 2 in the list"),
        ("licenses", "empty", "Number 3 in the list"),
    ]


async def test_every_error_of_a_row_is_reported(use_cases: MemoryPeopleUseCases) -> None:
    bad = ClientRow(
        4, "E-1", "", "L\x00e", "yesterday", email="no", phone="no", status="gone", clinicians="C-1;C-9;C-8"
    )
    report = await run_import(use_cases, PLAIN, bad, clinicians=CLINICIANS)
    assert faults(report) == [
        (4, "family_name", "characters_invalid"),
        (4, "date_of_birth", "date_invalid"),
        (4, "email", "email_invalid"),
        (4, "phone", "phone_invalid"),
        (4, "status", "unknown_value"),
        (4, "external_id", "duplicate_id"),
        (4, "clinicians", "clinician_unknown"),
        (4, "given_name", "required"),
    ]
    messages = {error.path: error.message for error in report.rows[-1].errors}
    assert "line 2" in messages["external_id"]
    assert "number 2, 3" in messages["clinicians"]


async def test_id_of_a_rejected_row_is_still_a_duplicate(use_cases: MemoryPeopleUseCases) -> None:
    report = await run_import(use_cases, evolve(PLAIN, date_of_birth="no"), evolve(PLAIN, line=3))
    assert faults(report)[1:] == [(3, "external_id", "duplicate_id")]
    assert await client_of(use_cases, "E-1") is None


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ("iso", "1980-05-03"),
        ("iso", "19800503"),
        ("iso", "1980-05-03 00:00:00.000"),
        ("us", "5/3/1980"),
        ("us", "05/03/1980"),
        ("us", "5-3-1980"),
        ("us", "5/3/1980 12:00:00 AM"),
        ("us", "1980-05-03"),
        ("eu", "3.5.1980"),
        ("eu", "03. 05. 1980"),
        ("eu", "3/5/1980"),
        ("eu", "1980-05-03T00:00:00"),
    ],
)
async def test_dates_are_read_in_the_order_of_the_import(
    use_cases: MemoryPeopleUseCases, dates: str, text: str
) -> None:
    await run_import(use_cases, evolve(PLAIN, date_of_birth=text), dates=dates)
    assert (await client_of(use_cases, "E-1")).date_of_birth == date(1980, 5, 3)


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ("iso", "5/3/1980"),
        ("iso", "1980-5"),
        ("iso", "1980-0503"),
        ("us", "5/3/80"),
        ("us", "31/5/1980"),
        ("us", "5.3.1980"),
        ("us", "5/3-1980"),
        ("us", "5/3/1980 13:45"),
        ("eu", "5/31/1980"),
        ("eu", "3.5.80"),
    ],
)
async def test_date_in_another_form_is_rejected(use_cases: MemoryPeopleUseCases, dates: str, text: str) -> None:
    report = await run_import(use_cases, evolve(PLAIN, date_of_birth=text), dates=dates)
    assert faults(report) == [(2, "date_of_birth", "date_invalid")]


@pytest.mark.parametrize(
    ("dates", "text", "order"),
    [
        ("iso", "1990-02-30", "year-month-day"),
        ("us", "1990-02-30", "year-month-day"),
        ("us", "31/5/1980", "month/day/year"),
        ("eu", "29.2.1981", "day.month.year"),
        ("eu", "0000-01-01", "year-month-day"),
    ],
)
def test_date_that_no_calendar_has_is_told_as_such(dates: DateOrder, text: str, order: str) -> None:
    (error,) = evolve(PLAIN, date_of_birth=text).parse(TODAY, dates).errors
    assert error.message == f"There is no such date, read as {order}."


@pytest.mark.parametrize("dates", ["iso", "us", "eu"])
def test_number_of_a_spreadsheet_for_a_date_is_told_as_such(dates: DateOrder) -> None:
    (error,) = evolve(PLAIN, date_of_birth="33014").parse(TODAY, dates).errors
    assert error.message.startswith("This is the number that a spreadsheet has for a date")


@pytest.mark.parametrize("status", ["Inactive", "discharged"])
def test_inactive_client_is_discharged(status: str) -> None:
    assert evolve(PLAIN, status=status).parse(TODAY).values["status"] == "discharged"
